"""Public verification: by QR code, and by number and name."""

from __future__ import annotations

import gzip
from datetime import date, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.commands import revoke_certificate, void_certificate
from registry.certificates.models import Certificate
from registry.core import clock
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import Person, PersonIdentifier
from registry.public.limits import AddressLimit
from tests import factories as make
from tests.accounts import Browser, hidden, text
from tests.certificates import choose, issued
from tests.watching import statements

UNKNOWN = "A" * 22


@pytest.fixture
def anyone(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def certificate(session: Session) -> Certificate:
    return issued(session, [make.person(session, name="欧阳娜娜", phone="13812345678").id])[0]


def verdict(page: str) -> str:
    """The state by which the page marks its answer."""
    return page.split('class="verdict verdict-')[1].split('"')[0]


def test_a_valid_certificate(anyone: Browser, certificate: Certificate) -> None:
    answer = anyone.get(f"/v/{certificate.token}")
    page = text(answer)
    assert answer.status_code == 200
    assert verdict(page) == "good"
    assert certificate.number in page
    assert "欧阳**" in page
    assert "长春市南关区红十字会" in page
    assert certificate.issued_on.isoformat() in page
    assert certificate.valid_until.isoformat() in page  # type: ignore[union-attr]
    assert clock.local(clock.now()).strftime("%Y-%m-%d %H") in page


def test_nothing_personal_is_on_the_page(session: Session, anyone: Browser, certificate: Certificate) -> None:
    person = session.get_one(Person, certificate.person_id)
    number = session.execute(
        select(PersonIdentifier.value).where(PersonIdentifier.person_id == person.id)
    ).scalar_one()
    assert person.birth_on is not None
    canaries = [
        person.name,
        number,
        number[-4:],
        number[6:14],
        "13812345678",
        "5678",
        person.birth_on.isoformat(),
        person.employer or "演示单位",
    ]
    for path in (f"/v/{certificate.token}", f"/v/{certificate.token}?lang=en"):
        answer = anyone.get(path)
        told = text(answer).replace(certificate.number, "") + str(answer.headers)
        # The token and the keys of the form are random and may hold any four digits.
        told = told.replace(certificate.token, "")
        for canary in canaries[:2] + canaries[3:5] + canaries[6:]:
            assert canary not in told


def test_the_page_is_small_and_runs_nothing(anyone: Browser, certificate: Certificate) -> None:
    answer = anyone.get(f"/v/{certificate.token}", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    page = gzip.decompress(answer.get_data()).decode("utf-8")
    style = anyone.get("/static/public.css", headers={"Accept-Encoding": "gzip"})
    icon = anyone.get("/static/emblem.svg", headers={"Accept-Encoding": "gzip"})
    wire = sum(len(part.get_data()) + len(str(part.headers)) for part in (answer, style, icon))
    assert wire <= 25_000
    assert "<script" not in page
    assert "style=" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_every_state_has_its_word_and_its_mark(
    session: Session, anyone: Browser, certificate: Certificate
) -> None:
    path = f"/v/{certificate.token}?lang=en"
    assert certificate.valid_until is not None
    last = clock.end_of_day(certificate.valid_until)
    with time_machine.travel(last, tick=False):
        assert verdict(text(anyone.get(path))) == "good"
    with time_machine.travel(last + timedelta(seconds=1), tick=False):
        page = text(anyone.get(path))
        assert (verdict(page), ">Expired<" in page) == ("wait", True)
    run(SYSTEM, revoke_certificate, certificate, ended_on=clock.today(), reason="考核作弊")
    page = text(anyone.get(path))
    assert (verdict(page), ">Revoked<" in page) == ("bad", True)
    assert "考核作弊" not in page
    assert "欧阳**" in page
    run(SYSTEM, void_certificate, certificate, reason="冒名顶替")
    page = text(anyone.get(path))
    assert (verdict(page), ">Void<" in page) == ("bad", True)
    assert clock.today().isoformat() in page
    assert "欧阳" not in page
    assert "冒名" not in page


@pytest.mark.parametrize("token", [UNKNOWN, "x", "%00", "' OR 1=1 --", "国" * 22])
def test_an_unknown_token_has_the_same_page(anyone: Browser, certificate: Certificate, token: str) -> None:
    answer = anyone.get(f"/v/{token}")
    assert answer.status_code == 404
    page = text(answer)
    assert verdict(page) == "off"
    assert "<h1>" in page
    assert certificate.number not in page


def test_an_unknown_token_costs_as_many_statements(
    app: Flask, session: Session, anyone: Browser, certificate: Certificate
) -> None:
    sizes = []
    for token in (certificate.token, UNKNOWN):
        with statements() as sent:
            anyone.get(f"/v/{token}")
        sizes.append(len(sent))
    assert sizes[0] == sizes[1]


def test_a_minor_is_masked_further(session: Session, anyone: Browser) -> None:
    number = make.resident_number(date(clock.today().year - 15, 1, 1), 321)
    (certificate,) = issued(session, [make.person(session, name="王小明", number=number).id])
    page = text(anyone.get(f"/v/{certificate.token}"))
    assert "王**" in page
    assert "明" not in page.split("王**")[1][:40]


def test_demo_certificates_say_so(session: Session, anyone: Browser) -> None:
    choose("demo", True)
    (certificate,) = issued(session, make.persons(session, 1))
    assert "Demo: this certificate" in text(anyone.get(f"/v/{certificate.token}?lang=en"))


def test_both_languages_without_a_cookie(anyone: Browser, certificate: Certificate) -> None:
    english, chinese = (text(anyone.get(f"/v/{certificate.token}?lang={lang}")) for lang in ("en", "zh_CN"))
    assert '<html lang="en">' in english
    assert '<html lang="zh-CN">' in chinese
    assert "Red Cross Society of Nanguan District, Changchun" in english
    assert "长春市南关区红十字会" in chinese
    # The next page without the parameter is not changed by it.
    assert '<html lang="zh-CN">' in text(anyone.get(f"/v/{certificate.token}"))


# The full name


@pytest.mark.parametrize(("name", "right"), [("欧阳娜娜", True), (" 欧 阳·娜娜 ", True), ("欧阳娜", False)])
def test_the_full_name_is_answered_with_yes_or_no(
    anyone: Browser, certificate: Certificate, name: str, right: bool
) -> None:
    answer = anyone.send(f"/v/{certificate.token}?lang=en", name=name)
    assert answer.status_code == 200
    assert ("Yes, this is the name" in text(answer)) is right
    assert ("No, the name on the certificate" in text(answer)) is not right


def test_guessing_names_is_slowed_down(app: Flask, anyone: Browser, certificate: Certificate) -> None:
    with time_machine.travel(clock.now(), tick=False):
        token = _token(anyone, certificate)
        for _ in range(20):
            assert anyone.send(f"/v/{certificate.token}", token=token, name="王伟").status_code == 200
        refused = anyone.send(f"/v/{certificate.token}", token=token, name="欧阳娜娜")
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
        # From wherever the guesses come, and the page itself stays.
        other = Browser(app.test_client(), address="10.0.0.9")
        assert (
            other.send(f"/v/{certificate.token}", token=_token(other, certificate), name="王伟").status_code
            == 429
        )
        assert anyone.get(f"/v/{certificate.token}").status_code == 200


def _token(browser: Browser, certificate: Certificate) -> str:
    return hidden(browser.get(f"/v/{certificate.token}"), "csrf_token")


def test_a_right_name_is_no_failed_try(anyone: Browser, certificate: Certificate) -> None:
    for _ in range(25):
        assert anyone.send(f"/v/{certificate.token}", name="欧阳娜娜").status_code == 200


def test_a_question_without_a_token_is_refused(app: Flask, certificate: Certificate) -> None:
    assert app.test_client().post(f"/v/{certificate.token}", data={"name": "欧阳娜娜"}).status_code == 400
    assert app.test_client().post("/verify", data={"name": "欧阳娜娜"}).status_code == 400


# By number and name


def test_number_and_name_find_a_certificate(anyone: Browser, certificate: Certificate) -> None:
    assert anyone.get("/verify").status_code == 200
    answer = anyone.send("/verify", number=f" {certificate.number.lower()} ", name="欧阳娜娜")
    assert verdict(text(answer)) == "good"
    assert "欧阳**" in text(answer)


def test_a_wrong_name_is_told_as_an_unknown_number_is(anyone: Browser, certificate: Certificate) -> None:
    with time_machine.travel(clock.now(), tick=False):
        wrong = anyone.send("/verify?lang=en", number=certificate.number, name="王伟")
        unknown = anyone.send("/verify?lang=en", number="2201022026J999999", name="王伟")
    told = [text(answer).split('<div class="verdict')[1].split("<form")[0] for answer in (wrong, unknown)]
    assert told[0] == told[1]
    assert "Not found" in told[0]


def test_looking_up_is_slowed_down_per_number_and_per_address(app: Flask, anyone: Browser) -> None:
    with time_machine.travel(clock.now(), tick=False):
        for _ in range(20):
            assert anyone.send("/verify", number="A1", name="王伟").status_code == 200
        assert anyone.send("/verify", number="a 1", name="王伟").status_code == 429
        for n in range(80):
            assert anyone.send("/verify", number=f"B{n}", name="王伟").status_code == 200
        assert anyone.send("/verify", number="C1", name="王伟").status_code == 429
        other = Browser(app.test_client(), address="10.0.0.9")
        assert other.send("/verify", number="C1", name="王伟").status_code == 200


def test_missing_fields_are_told_at_the_field(anyone: Browser) -> None:
    page = text(anyone.send("/verify", number="", name=""))
    assert 'id="number-error"' in page
    assert 'id="name-error"' in page
    assert "verdict-" not in page


# A flood


def test_an_address_has_a_ceiling_per_minute(app: Flask, anyone: Browser, certificate: Certificate) -> None:
    app.config["PUBLIC_REQUESTS_PER_MINUTE"] = 3
    with time_machine.travel("2026-11-23 04:00:10Z", tick=False):
        for _ in range(3):
            assert anyone.get(f"/v/{UNKNOWN}").status_code == 404
        refused = anyone.get(f"/v/{certificate.token}")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "50")
        assert Browser(app.test_client(), "10.0.0.9").get(f"/v/{UNKNOWN}").status_code == 404
    with time_machine.travel("2026-11-23 04:01:00Z", tick=False):
        assert anyone.get(f"/v/{UNKNOWN}").status_code == 404


def test_the_counts_of_a_minute_are_forgotten_in_the_next() -> None:
    limit = AddressLimit()
    moment = clock.now().replace(second=0)
    assert [limit.passes("a", moment, 2) for _ in range(3)] == [True, True, False]
    assert limit.passes("b", moment, 2)
    assert limit.passes("a", moment + timedelta(minutes=1), 2)
