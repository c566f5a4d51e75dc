"""Volunteers see their hours on their own page, claim some, and take claims back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.ops import FormKey
from registry.core.permissions import Role
from registry.core.scope import ANONYMOUS, SYSTEM
from registry.core.write import run
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.volunteers.commands.claims import MOST_WAITING, claim_hours, withdraw_claim
from registry.volunteers.commands.ledger import reject_entries
from registry.volunteers.commands.own_page import give_page
from registry.volunteers.hours import entries_digest
from registry.volunteers.models import ServiceEntry, Volunteer
from tests import factories as make
from tests import hours
from tests import volunteers as makers
from tests.training import told
from tests.watching import last_entry


def claim(found: Volunteer, **more: Any) -> int:
    values: dict[str, Any] = {
        "served_on": hours.yesterday(),
        "starts": 540,
        "minutes": 120,
        "content": "探访老人",
        "field": "elderly",
        **more,
    }
    return run(ANONYMOUS, claim_hours, found, **values)


def entry_of(session: Session, entry_id: int) -> ServiceEntry:
    session.rollback()
    return session.get_one(ServiceEntry, entry_id)


def entries(session: Session) -> list[ServiceEntry]:
    session.rollback()
    return list(session.execute(select(ServiceEntry).order_by(ServiceEntry.id)).scalars())


class Phone:
    """The own page of a volunteer, opened without signing in."""

    def __init__(self, app: Flask, found: Volunteer) -> None:
        self.client = app.test_client()
        self.token = run(SYSTEM, give_page, found)
        self.url = f"/my/{self.token}/hours"

    def page(self) -> str:
        answer = self.client.get(f"{self.url}?lang=en")
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def fill(self, action: str = "", **typed: str) -> dict[str, str]:
        """The hidden fields of the form that goes to `action`, with what is typed in."""
        forms = re.findall(r"<form.*?</form>", self.page(), re.DOTALL)
        form = next(one for one in forms if (f"{action}" in one.split(">", 1)[0]))
        hidden = {}
        for name in ("csrf_token", "form_key"):
            tag = next(one for one in re.findall(r"<input[^>]*>", form) if f'name="{name}"' in one)
            hidden[name] = re.findall(r'value="([^"]*)"', tag)[0]
        return {**hidden, **typed}

    def claim(self, **more: str) -> Any:
        typed = {
            "activity": "",
            "content": "探访老人",
            "field": "elderly",
            "served_on": hours.yesterday().isoformat(),
            "starts": "09:00",
            "hours": "2",
            **more,
        }
        return self.client.post(f"{self.url}?lang=en", data=self.fill(f"{self.url}?lang=en", **typed))


# Claiming


def test_a_claim_in_own_words_waits_and_anybody_with_the_right_approves_it(session: Session) -> None:
    person = makers.volunteer(session)
    entry = entry_of(session, claim(person))
    assert (entry.source, entry.state, entry.submitted_by) == ("claim", "submitted", None)
    assert (entry.unit_id, entry.field, entry.content) == (person.unit_id, "elderly", "探访老人")
    told_of = last_entry(session)
    assert (told_of.action, told_of.unit_id) == ("volunteers.claim_hours", person.unit_id)
    hours.approved(session, [entry], make.actor(session, Role.VOLUNTEER_COORDINATOR))
    assert hours.in_ledger(session, person.person_id) == 120


def test_staff_who_claim_while_signed_in_do_not_approve_it_themselves(session: Session) -> None:
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    entry_id = run(
        coordinator,
        claim_hours,
        makers.volunteer(session),
        served_on=hours.yesterday(),
        starts=540,
        minutes=60,
        content="探访老人",
    )
    with pytest.raises(RuleError, match="yourself"):
        hours.approved(session, [entry_of(session, entry_id)], coordinator)


def test_a_claim_for_an_activity_belongs_to_its_unit(session: Session) -> None:
    person = makers.volunteer(session)
    gathering = makers.activity(session, make.YANJI, on=hours.yesterday(), field="aid")
    part = makers.shift(session, gathering)
    with pytest.raises(RecordNotFoundError):
        claim(person, activity_id=gathering.id)
    hours.booked(part, person)
    entry = entry_of(session, claim(person, activity_id=gathering.id, content=""))
    assert (entry.unit_id, entry.field, entry.shift_id) == (gathering.unit_id, "aid", part.id)
    with pytest.raises(RuleError) as refused:
        claim(person, activity_id=gathering.id, starts=780)
    assert refused.value.field == "hours"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"content": " "}, "content"),
        ({"served_on": clock.today() + timedelta(days=1)}, "served_on"),
        ({"served_on": makers.ENROLLED_ON - timedelta(days=1)}, "served_on"),
        ({"minutes": 20}, "hours"),
        ({"starts": 1_400}, "hours"),
        ({"field": "anything"}, "field"),
    ],
)
def test_a_claim_that_cannot_be_is_refused(session: Session, changed: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleError) as refused:
        claim(makers.volunteer(session), **changed)
    assert refused.value.field == field
    assert "Nothing was saved" in str(refused.value)
    assert entries(session) == []


def test_a_claim_does_not_overlap_with_what_staff_entered(session: Session) -> None:
    person = makers.volunteer(session)
    hours.submitted(session, [hours.row(person)])
    with pytest.raises(RuleError, match="entered already"):
        claim(person)


def test_only_a_few_claims_wait_at_once(session: Session) -> None:
    one, two = makers.volunteers(session, 2)
    for place in range(MOST_WAITING):
        claim(one, starts=60 * place, minutes=60)
    with pytest.raises(RuleError, match="claims wait for approval already"):
        claim(one, starts=1_200, minutes=60)
    # Also under the other row of the same human being.
    loser, winner = (session.get_one(Person, v.person_id) for v in (one, two))
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    with pytest.raises(RuleError, match="claims wait for approval already"):
        claim(two, starts=1_200, minutes=60)
    run(ANONYMOUS, withdraw_claim, two, entry_id=entries(session)[0].id)
    claim(two, starts=1_200, minutes=60)


def test_only_a_claim_of_ones_own_that_waits_is_withdrawn(session: Session) -> None:
    one, two = makers.volunteers(session, 2)
    (entered,) = hours.submitted(session, [hours.row(one, 900, 60)])
    claimed = claim(one)
    for found, entry_id in ((two, claimed), (one, entered.id), (one, 10**9)):
        with pytest.raises(RuleError):
            run(ANONYMOUS, withdraw_claim, found, entry_id=entry_id)
    run(ANONYMOUS, withdraw_claim, one, entry_id=claimed)
    assert entry_of(session, claimed).state == "withdrawn"
    with pytest.raises(RuleError):
        run(ANONYMOUS, withdraw_claim, one, entry_id=claimed)


# The page


def test_the_page_shows_what_counts_and_what_waits(app: Flask, session: Session) -> None:
    person = makers.volunteer(session)
    makers.served(session, person, 270, hours.yesterday(), 900)
    entry = entry_of(session, claim(person))
    page = Phone(app, person).page()
    assert "4.5" in page
    assert "探访老人" in page
    assert "Waiting for approval" in page
    run(
        SYSTEM,
        reject_entries,
        entry_ids=[entry.id],
        seen=entries_digest([entry]),
        reason="当天无此活动",
    )
    assert "当天无此活动" in Phone(app, person).page()


def test_a_claim_is_sent_from_the_page_and_taken_back(app: Flask, session: Session) -> None:
    phone = Phone(app, makers.volunteer(session))
    answer = phone.claim()
    assert (answer.status_code, answer.location) == (303, "hours")
    assert "wait for approval" in phone.page()
    (entry,) = entries(session)
    assert (entry.minutes, entry.source, entry.submitted_by) == (120, "claim", None)
    action = f"{phone.url}/{entry.id}/withdraw"
    answer = phone.client.post(action, data=phone.fill(action))
    assert (answer.status_code, answer.location) == (303, "../../hours")
    assert entry_of(session, entry.id).state == "withdrawn"
    assert "Take this claim back" not in phone.page()


def test_what_is_kept_of_a_form_does_not_hold_the_secret_address(app: Flask, session: Session) -> None:
    phone = Phone(app, makers.volunteer(session))
    phone.claim()
    session.rollback()
    locations = session.execute(select(FormKey.location)).scalars().all()
    assert locations
    assert all(phone.token not in location for location in locations)


def test_a_claim_sent_twice_is_saved_once(app: Flask, session: Session) -> None:
    phone = Phone(app, makers.volunteer(session))
    typed = phone.fill(
        phone.url,
        content="探访老人",
        field="elderly",
        served_on=hours.yesterday().isoformat(),
        starts="09:00",
        hours="2",
    )
    first, second = (phone.client.post(phone.url, data=typed) for _ in range(2))
    assert first.location == second.location == "hours"
    assert len(entries(session)) == 1


def test_two_volunteers_with_the_same_answers_are_two(app: Flask, session: Session) -> None:
    """On a telephone without script only what was typed tells one form from another."""
    for one in makers.volunteers(session, 2):
        assert Phone(app, one).claim(without_script="1").location == "hours"
    assert len(entries(session)) == 2


def test_what_is_wrong_is_told_and_what_was_typed_stays(app: Flask, session: Session) -> None:
    phone = Phone(app, makers.volunteer(session))
    answer = phone.claim(starts="neun", hours="40")
    assert "not a time of day" in told(answer)
    assert "Write the hours as a number" in told(answer)
    assert "neun" in answer.get_data(as_text=True)
    assert "Choose the activity" in told(phone.claim(content=""))
    assert entries(session) == []


def test_an_activity_nobody_was_booked_for_is_no_choice(app: Flask, session: Session) -> None:
    gathering = makers.activity(session, on=hours.yesterday())
    answer = Phone(app, makers.volunteer(session)).claim(activity=str(gathering.id))
    assert answer.status_code == 200
    assert entries(session) == []


def test_with_as_many_claims_as_can_wait_the_page_says_so(app: Flask, session: Session) -> None:
    person = makers.volunteer(session)
    for place in range(MOST_WAITING):
        claim(person, starts=60 * place, minutes=60)
    page = Phone(app, person).page()
    assert "as many as can wait at once" in page
    assert "Send the claim" not in page


def test_an_unknown_address_is_none(app: Flask, session: Session) -> None:
    client = app.test_client()
    for token in ("x" * 22, "x", "a" * 300):
        assert client.get(f"/my/{token}/hours").status_code == 404
    answer = client.get(Phone(app, makers.volunteer(session)).url)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
