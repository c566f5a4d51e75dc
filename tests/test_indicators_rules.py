"""What counts and what does not, at the edges of every rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from registry.accounts import commands as accounts
from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.journal import JournalEntry
from registry.core.scope import SYSTEM
from registry.core.write import NO_FIGURES, run, write
from registry.indicators.commands import build_missing, rebuild
from registry.indicators.definitions import INDICATORS
from registry.indicators.effects import effects_of_merge
from registry.indicators.models import Contribution, IndicatorState
from registry.indicators.question import ask
from registry.indicators.read import breakdown, by_month, by_unit, by_unit_below, records, value
from registry.indicators.recount import excluded, recount
from tests import factories
from tests.factories import CHANGCHUN, KUANCHENG, NANGUAN, PROVINCE, YANBIAN, YANJI
from tests.figures import FIRST, VALID, certify, change, merge, people, told
from tests.watching import last_entry, statements

DAY = date(2024, 2, 29)


@pytest.fixture(autouse=True)
def _built(session: Session) -> None:
    build_missing(session)


def head(session: Session) -> JournalEntry:
    return last_entry(session)


def seen(session: Session, code: str, days: list[date], unit_code: str = PROVINCE) -> list[int]:
    """The values on these days, each also listed, recounted, and read as known now."""
    values = []
    for day in days:
        asked = ask(session, code, factories.unit(session, unit_code).id, as_of=day)
        known = replace(asked, known_seq=head(session).seq)
        listed = len(session.execute(records(asked)).all())
        assert value(session, asked) == listed == recount(session, asked).value == value(session, known)
        values.append(listed)
    return values


def test_the_last_valid_day_counts_and_the_next_does_not(session: Session) -> None:
    [person] = people(session)
    certify(session, person, DAY, date(2024, 8, 31))
    days = [DAY - timedelta(1), DAY, date(2024, 8, 31), date(2024, 9, 1)]
    assert seen(session, VALID, days) == [0, 1, 1, 0]
    assert seen(session, FIRST, days) == [0, 1, 1, 1]


def test_an_ended_certificate_counts_until_the_day_before(session: Session) -> None:
    [person] = people(session)
    certificate = certify(session, person, DAY, date(2027, 2, 27))
    change(certificate, ended_on=date(2024, 3, 10))
    assert seen(session, VALID, [date(2024, 3, 9), date(2024, 3, 10)]) == [1, 0]
    assert told(session, FIRST, date(2024, 3, 10)) == 1


def test_ended_on_the_day_of_issue_was_never_valid_but_was_obtained(session: Session) -> None:
    [person] = people(session)
    change(certify(session, person, DAY, date(2027, 2, 27)), ended_on=DAY)
    assert (told(session, VALID, DAY), told(session, FIRST, DAY)) == (0, 1)


def test_a_void_certificate_leaves_every_date(session: Session) -> None:
    [person] = people(session)
    certificate = certify(session, person, DAY, date(2027, 2, 27))
    change(certificate, voided_at=None)
    assert seen(session, VALID, [DAY, date(2024, 12, 31)]) == [0, 0]
    assert seen(session, FIRST, [DAY, date(2024, 12, 31)]) == [0, 0]
    certify(session, person, date(2024, 3, 1), None)
    assert seen(session, VALID, [DAY, date(2024, 12, 31)]) == [0, 1], "the void one hides nothing"
    assert seen(session, FIRST, [DAY, date(2024, 12, 31)]) == [0, 1]


def test_other_kinds_of_certificates_do_not_count(session: Session) -> None:
    [person] = people(session)
    certify(session, person, DAY, None, kind="cpr_aed")
    certify(session, person, DAY, None, kind="instructor")
    assert (told(session, VALID, DAY), told(session, FIRST, DAY)) == (0, 0)


def test_an_earlier_certificate_found_later_moves_the_first_and_its_unit(session: Session) -> None:
    [person] = people(session)
    certify(session, person, date(2023, 5, 1), None, unit_code=NANGUAN)
    certify(session, person, date(2021, 1, 1), date(2023, 12, 31), unit_code=YANJI)
    asked = {code: told(session, FIRST, date(2024, 1, 1), code) for code in (PROVINCE, CHANGCHUN, YANBIAN)}
    assert asked == {PROVINCE: 1, CHANGCHUN: 0, YANBIAN: 1}
    certify(session, person, date(2020, 12, 31), date(2022, 12, 31), unit_code=YANJI)
    assert told(session, FIRST, date(2024, 1, 1)) == 0, "obtained before the plan began"
    assert told(session, FIRST, date(2024, 1, 1), from_on=date(2020, 12, 31)) == 1


def test_a_holder_counts_for_the_earliest_certificate_and_passes_on_the_day_after_it_ends(
    session: Session,
) -> None:
    [person] = people(session)
    earlier = certify(session, person, date(2021, 3, 1), date(2024, 2, 29), unit_code=NANGUAN)
    certify(session, person, date(2024, 1, 15), date(2027, 1, 14), unit_code=YANJI)
    days = [date(2024, 2, 1), date(2024, 2, 29), date(2024, 3, 1)]
    assert seen(session, VALID, days, NANGUAN) == [1, 1, 0]
    change(earlier, ended_on=date(2024, 2, 29))
    assert seen(session, VALID, days, YANBIAN) == [0, 1, 1]
    change(earlier, ended_on=None)
    assert seen(session, VALID, days, CHANGCHUN) == [1, 1, 0]
    assert seen(session, VALID, days, YANBIAN) == [0, 0, 1]
    assert seen(session, VALID, days) == [1, 1, 1]


def test_on_one_day_the_lower_number_counts_and_then_the_earlier_record(session: Session) -> None:
    [person] = people(session)
    certify(session, person, DAY, None, unit_code=YANJI, number="B-2")
    certify(session, person, DAY, None, unit_code=NANGUAN, number="A-9")
    for code in (FIRST, VALID):
        assert (told(session, code, DAY, CHANGCHUN), told(session, code, DAY, YANBIAN)) == (1, 0)


def test_merged_persons_are_one_and_two_again_when_the_merge_is_undone(session: Session) -> None:
    one, other = people(session, 2)
    certify(session, one, DAY, None, unit_code=NANGUAN)
    certify(session, other, DAY + timedelta(1), None, unit_code=YANJI)
    day = date(2024, 12, 31)
    before = head(session).seq
    foretold = effects_of_merge(session, one, other, as_of=day)
    merged = merge(one, other)
    for code in (FIRST, VALID):
        assert seen(session, code, [DAY, day]) == [1, 1]
        changes = {effect.unit_id: effect.change for effect in foretold if effect.code == code}
        assert changes == {factories.unit(session, YANJI).id: -1}
        reasons = recount(
            session, ask(session, code, factories.unit(session, PROVINCE).id, as_of=day)
        ).excluded
        assert reasons == {"merged": 1}
    merge(one, one)
    for code in (FIRST, VALID):
        assert [told(session, code, day, unit) for unit in (PROVINCE, NANGUAN, YANJI)] == [2, 1, 1]
        assert told(session, code, day, known_on=before) == 2
        assert told(session, code, day, known_on=merged) == 1
    assert effects_of_merge(session, *people(session, 2)) == []


def test_a_person_entered_in_error_does_not_count(session: Session) -> None:
    from registry.people.models import Person

    [person] = people(session)
    certify(session, person, DAY)
    with write("test.void_person", SYSTEM) as w:
        w.session.get_one(Person, person).state = "void"
    assert (told(session, VALID, DAY), told(session, FIRST, DAY)) == (0, 0)


def test_a_flow_rolls_up_by_the_parent_on_its_day_and_a_stock_by_that_of_the_as_of_day(
    session: Session,
) -> None:
    gongzhuling, siping = "220184", "220300"
    one, other = people(session, 2)
    certify(session, one, date(2020, 6, 30), None, unit_code=gongzhuling)
    certify(session, other, date(2020, 7, 1), None, unit_code=gongzhuling)
    since = {"from_on": date(2020, 1, 1)}
    day = date(2020, 12, 31)
    first = {code: told(session, FIRST, day, code, **since) for code in (PROVINCE, CHANGCHUN, siping)}
    assert first == {PROVINCE: 2, CHANGCHUN: 1, siping: 1}
    assert [told(session, VALID, day, code) for code in (PROVINCE, CHANGCHUN, siping)] == [2, 2, 0]
    assert [told(session, VALID, date(2020, 6, 30), code) for code in (CHANGCHUN, siping)] == [0, 1]
    parts = by_unit(session, ask(session, FIRST, factories.unit(session, siping).id, as_of=day, **since))
    assert parts[factories.unit(session, gongzhuling).id] == 1
    run(
        SYSTEM,
        accounts.set_unit_parent,
        unit=factories.unit(session, gongzhuling),
        parent=factories.unit(session, siping),
        starts_on=date(2022, 1, 1),
    )
    assert told(session, VALID, date(2022, 1, 1), siping) == 2
    assert told(session, VALID, date(2022, 1, 1), siping, known_on=head(session).seq - 1) == 0


def test_parts_sum_to_the_value_and_children_are_the_units_directly_below(session: Session) -> None:
    for code in (NANGUAN, KUANCHENG, YANJI, CHANGCHUN):
        [person] = people(session)
        certify(session, person, DAY, None, unit_code=code)
    asked = ask(session, VALID, factories.unit(session, CHANGCHUN).id, as_of=DAY)
    own, children = by_unit(session, asked), by_unit_below(session, asked)
    assert sum(own.values()) == value(session, asked) == 3
    assert len(own) == 12, "Changchun and its eleven counties, zeros included"
    assert sum(children.values()) + own[asked.unit_id] == 3
    assert asked.unit_id not in children
    province = breakdown(session, asked.of(factories.unit(session, PROVINCE).id))
    assert province.children[asked.unit_id] == province.total[asked.unit_id] == 3


def test_months_tell_flows_and_stocks(session: Session) -> None:
    for day, until in ((date(2023, 12, 31), date(2024, 1, 30)), (date(2024, 1, 31), None), (DAY, None)):
        [person] = people(session)
        certify(session, person, day, until)
    province = factories.unit(session, PROVINCE).id
    day = date(2024, 3, 10)
    months = [date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
    flow = by_month(session, ask(session, FIRST, province, as_of=day), 4)
    stock = by_month(session, ask(session, VALID, province, as_of=day), 4)
    assert flow == list(zip(months, [1, 1, 1, 0], strict=True))
    assert stock == list(zip(months, [1, 1, 2, 2], strict=True))
    known = ask(session, VALID, province, as_of=day, known_on=head(session).seq)
    assert by_month(session, known, 4) == stock


def test_every_reason_is_told(session: Session) -> None:
    one, two, three, four, five = people(session, 5)
    certify(session, one, DAY, None)
    certify(session, one, DAY + timedelta(1), None)
    change(certify(session, two, DAY, None), voided_at=None)
    certify(session, three, date(2020, 1, 1), date(2023, 1, 1))
    change(certify(session, four, DAY, None), ended_on=date(2024, 3, 5))
    certify(session, five, date(2024, 5, 1), None)
    certify(session, five, DAY, None, kind="cpr_aed")
    province = factories.unit(session, PROVINCE).id
    asked = ask(session, VALID, province, as_of=date(2024, 4, 1))
    counted_now = recount(session, asked)
    assert counted_now.value == value(session, asked) == 1
    assert counted_now.excluded == {
        "other_counts": 1,
        "voided": 1,
        "expired": 1,
        "ended": 1,
        "not_yet": 1,
        "other_type": 1,
    }
    first = ask(session, FIRST, province, as_of=date(2024, 4, 1))
    assert recount(session, first).excluded == {
        "not_first": 1,
        "voided": 1,
        "before": 1,
        "after": 1,
        "other_type": 1,
    }
    listed = [row.reason for row in session.execute(excluded(asked))]
    assert sorted(listed) == sorted(counted_now.excluded)
    assert {row.record_id for row in session.execute(records(asked))}.isdisjoint(
        row.record_id for row in session.execute(excluded(asked))
    )


def test_known_on_is_the_end_of_a_day_in_shanghai_or_a_moment(session: Session) -> None:
    start = datetime(2026, 1, 10, 15, 59, 59, tzinfo=clock.UTC)  # 23:59:59 in Shanghai
    day = date(2026, 1, 9)
    persons = people(session, 2)
    with time_machine.travel(max(start, clock.now()), tick=False):
        certify(session, persons[0], day)
        late = clock.now()
    with time_machine.travel(late + timedelta(days=1), tick=False):
        certify(session, persons[1], day)
        business_day = clock.local(late).date()
        as_of = clock.today()
        assert told(session, VALID, as_of) == 2
        assert told(session, VALID, as_of, known_on=business_day) == 1
        assert told(session, VALID, as_of, known_on=late) == 1
        assert told(session, VALID, as_of, known_on=late - timedelta(seconds=1)) == 0
        assert told(session, VALID, as_of, known_on=business_day + timedelta(1)) == 2
        assert told(session, VALID, as_of, known_on=date(2000, 1, 1)) == 0


def test_what_cannot_be_asked_is_refused(session: Session) -> None:
    province = factories.unit(session, PROVINCE).id
    tomorrow = clock.today() + timedelta(1)
    with pytest.raises(RuleError, match="future") as refused:
        ask(session, VALID, province, as_of=tomorrow)
    assert refused.value.field == "as_of"
    assert ask(session, VALID, province, as_of=tomorrow, projection=True).as_of == tomorrow
    with pytest.raises(RuleError, match="before it begins"):
        ask(session, FIRST, province, from_on=date(2024, 3, 1), as_of=DAY)
    with pytest.raises(RecordNotFoundError):
        ask(session, "nonsense", province)
    assert ask(session, VALID, province, from_on=DAY).from_on is None, "a stock has no first day"


def test_a_changed_definition_blocks_serving_until_it_is_rebuilt(session: Session) -> None:
    [person] = people(session)
    certify(session, person, DAY)
    with write("test.forget", SYSTEM) as w:
        w.session.execute(
            update(IndicatorState).where(IndicatorState.indicator == VALID).values(definition_hash="old")
        )
    with pytest.raises(RuleError, match="rebuilt"):
        told(session, VALID, DAY)
    assert told(session, FIRST, DAY) == 1, "the other figure stays"
    assert build_missing(session) == [VALID]
    assert told(session, VALID, DAY) == 1
    assert build_missing(session) == []


def test_a_new_version_of_a_definition_replaces_what_the_old_one_counted(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    [person] = people(session)
    certify(session, person, DAY)
    before = head(session).seq
    monkeypatch.setitem(INDICATORS, VALID, replace(INDICATORS[VALID], version=2))
    assert build_missing(session) == [VALID]
    rows = session.execute(
        select(Contribution.version, Contribution.void_seq).where(Contribution.indicator == VALID)
    ).all()
    assert sorted(rows) == [(1, before + 1), (2, None)]
    assert told(session, VALID, DAY) == told(session, VALID, DAY, known_on=before) == 1


def test_the_definition_hash_follows_what_is_counted() -> None:
    indicator = INDICATORS[VALID]
    assert replace(indicator, rule=indicator.unit).definition_hash == indicator.definition_hash
    assert replace(indicator, version=2).definition_hash != indicator.definition_hash
    assert replace(indicator, select=INDICATORS[FIRST].select).definition_hash != indicator.definition_hash


def test_rebuild_writes_only_differences_as_one_entry(session: Session) -> None:
    [person] = people(session)
    certify(session, person, DAY)
    seq = head(session).seq
    assert run(SYSTEM, rebuild, codes=list(INDICATORS)) == 0
    assert (head(session).seq, head(session).figures_digest) == (seq + 1, NO_FIGURES)
    with write("test.damage", SYSTEM) as w:
        w.session.execute(update(Contribution).where(Contribution.indicator == VALID).values(quantity=7))
    assert run(SYSTEM, rebuild, codes=list(INDICATORS)) == 4, "one voided, one added, two cells"
    assert head(session).figures_digest != NO_FIGURES
    assert told(session, VALID, DAY) == 1


def test_a_write_that_touches_no_source_costs_nothing(session: Session) -> None:
    with statements() as counted:
        people(session, 50)
    assert not [s for s in counted if "contribution" in s or "certificate" in s]
    assert head(session).figures_digest == NO_FIGURES
    [person] = people(session)
    certificate = certify(session, person, DAY)
    with statements() as counted:
        change(certificate, end_reason="typed again")
    assert not [s for s in counted if "contribution" in s]


@pytest.mark.parametrize("count", [10, 1_000])
def test_statements_do_not_grow_with_the_batch(session: Session, count: int) -> None:
    persons = people(session, count)
    with statements() as counted, write("test.batch", SYSTEM) as w:
        for person in persons:
            certify(session, person, DAY, w=w, number=f"N{person}")
    figures = [s for s in counted if "contribution" in s or "cell" in s or "canonical_id" in s]
    assert len(figures) <= 14, figures
    assert told(session, VALID, DAY) == count
    assert head(session).figures_digest != NO_FIGURES


def test_a_value_is_read_with_few_statements_and_never_from_contributions(session: Session) -> None:
    [person] = people(session)
    certify(session, person, DAY)
    asked = ask(session, FIRST, factories.unit(session, PROVINCE).id, as_of=date(2024, 5, 17))
    with statements() as counted:
        breakdown(session, asked)
        by_month(session, asked)
    assert len(counted) <= 4
    assert not [s for s in counted if "contribution" in s]


def test_nothing_is_left_of_a_write_that_fails(session: Session) -> None:
    [person] = people(session)
    with pytest.raises(RuleError), write("test.fails", SYSTEM) as w:  # noqa: PT012
        certify(session, person, DAY, w=w)
        raise RuleError("No.")
    assert session.execute(select(func.count()).select_from(Contribution)).scalar() == 0
    assert told(session, VALID, DAY) == 0
