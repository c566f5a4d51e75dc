"""Sessions live on the server: no fixation, dead after sign-out, time, new password, disabling; and what
was typed into a form when a session had ended comes back to the same user alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from secrets import token_hex

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts import commands_settings, commands_users, kept
from registry.accounts.models import RoleGrant, User
from registry.config import read_config
from registry.core import clock
from registry.core.db import db
from registry.core.ops import WebSession
from registry.core.passwords import hash_password
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from tests import factories
from tests.accounts import Browser, hidden, text

Travel = Callable[[timedelta], None]


@pytest.fixture
def travel() -> Iterator[Travel]:
    """Let so much time pass."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield lambda step: traveller.shift(step)


@pytest.fixture
def trainer(session: Session) -> User:
    return factories.user(session, Role.TRAINER)


@pytest.fixture
def browser(app: Flask, trainer: User) -> Browser:
    """A browser on which the trainer is signed in."""
    opened = Browser(app.test_client())
    assert opened.sign_in(trainer.username).status_code == 303
    return opened


def is_in(browser: Browser) -> bool:
    return browser.get("/profile").status_code == 200


def cookie(browser: Browser) -> str:
    found = browser.client.get_cookie("session")
    assert found is not None
    return found.value


def stored(session: Session) -> WebSession:
    session.rollback()
    session.expire_all()
    return session.execute(select(WebSession)).scalar_one()


def test_sign_in_leads_on_and_the_profile_names_the_user(browser: Browser, trainer: User) -> None:
    page = text(browser.get("/profile"))
    assert trainer.name in page
    assert trainer.username in page


def test_the_cookie_is_new_after_sign_in_and_the_old_one_stays_outside(app: Flask, trainer: User) -> None:
    browser = Browser(app.test_client())
    token = browser.token()
    before = cookie(browser)
    browser.sign_in(trainer.username)
    assert cookie(browser) != before
    assert browser.send("/profile/edit", token=token, name="甲", locale="en").status_code == 400
    attacker = Browser(app.test_client())
    attacker.client.set_cookie("session", before)
    assert not is_in(attacker)


def test_the_database_holds_no_token(browser: Browser, session: Session) -> None:
    with browser.client.session_transaction() as held:
        token = held["_user_id"]
    assert len(token) >= 43  # 256 bits
    assert stored(session).token_digest != token
    assert token not in str(session.execute(select(WebSession.__table__)).all())


def test_cookie_flags(app: Flask, trainer: User) -> None:
    response = Browser(app.test_client()).sign_in(trainer.username)
    lines = response.headers.getlist("Set-Cookie")
    for name in ("session=", "device="):
        (line,) = [one for one in lines if one.startswith(name)]
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line
    secure = read_config({"PUBLIC_URL": "https://registry.example"})
    assert secure["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert secure["SESSION_COOKIE_SECURE"]
    assert secure["SESSION_COOKIE_HTTPONLY"]


def test_a_secure_site_marks_the_device_cookie_too(app: Flask, trainer: User) -> None:
    app.config["SESSION_COOKIE_SECURE"] = True
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    response = client.post(
        "/sign-in",
        base_url="https://localhost",
        headers={"Referer": "https://localhost/sign-in"},
        data={
            "csrf_token": hidden(page, "csrf_token"),
            "form_key": token_hex(16),
            "username": trainer.username,
            "password": factories.PASSWORD,
        },
    )
    (line,) = [one for one in response.headers.getlist("Set-Cookie") if "device" in one]
    assert line.startswith("__Host-device=")
    assert "Secure" in line


def test_after_sign_out_the_old_cookie_is_dead(app: Flask, browser: Browser) -> None:
    old = cookie(browser)
    assert browser.send("/sign-out").status_code == 303
    assert not is_in(browser)
    thief = Browser(app.test_client())
    thief.client.set_cookie("session", old)
    assert not is_in(thief)


def test_unused_for_half_an_hour_it_ends(browser: Browser, travel: Travel) -> None:
    travel(timedelta(minutes=29))
    assert is_in(browser)
    travel(timedelta(minutes=29))
    assert is_in(browser)
    travel(timedelta(minutes=31))
    assert not is_in(browser)


def test_in_use_it_ends_after_twelve_hours(browser: Browser, travel: Travel) -> None:
    for _ in range(12 * 3 - 1):
        travel(timedelta(minutes=20))
        assert is_in(browser)
    travel(timedelta(minutes=20))
    assert not is_in(browser)


def test_the_times_are_settings(browser: Browser, session: Session, travel: Travel) -> None:
    run(SYSTEM, commands_settings.change_setting, key="session_idle_minutes", value=60)
    travel(timedelta(minutes=45))
    assert is_in(browser)
    run(SYSTEM, commands_settings.change_setting, key="session_absolute_hours", value=1)
    travel(timedelta(minutes=20))
    assert not is_in(browser)


def test_use_is_recorded_at_most_once_a_minute(browser: Browser, session: Session, travel: Travel) -> None:
    travel(timedelta(minutes=2))
    is_in(browser)
    first = stored(session).seen_at
    assert first == clock.now()
    travel(timedelta(seconds=40))
    is_in(browser)
    assert stored(session).seen_at == first
    travel(timedelta(seconds=21))
    is_in(browser)
    assert stored(session).seen_at == clock.now()


def test_a_new_password_ends_every_other_session(app: Flask, browser: Browser, trainer: User) -> None:
    other = Browser(app.test_client())
    other.sign_in(trainer.username)
    old = cookie(browser)
    new = "Another-battery-77-staple"
    done = browser.send(
        "/profile/password", present_password=factories.PASSWORD, password=new, password_again=new
    )
    assert done.status_code == 303
    assert is_in(browser)
    assert not is_in(other)
    thief = Browser(app.test_client())
    thief.client.set_cookie("session", old)
    assert not is_in(thief)


def test_disabling_and_a_reset_password_hold_from_the_next_request(
    app: Flask, browser: Browser, trainer: User, session: Session
) -> None:
    run(SYSTEM, commands_users.reset_password, user=trainer, password_hash=hash_password("Neu-Wort-4711-x"))
    assert browser.get("/profile").location == "/sign-in?next=/profile"
    browser = Browser(app.test_client())
    browser.sign_in(trainer.username, "Neu-Wort-4711-x")
    assert browser.get("/profile").location == "/profile/password"
    run(SYSTEM, commands_users.disable_user, user=session.get_one(User, trainer.id))
    assert browser.get("/profile").location == "/sign-in?next=/profile"


def test_an_ended_role_holds_from_the_next_request(app: Flask, session: Session) -> None:
    admin = factories.user(session, Role.COUNTY_ADMIN)
    browser = Browser(app.test_client())
    browser.sign_in(admin.username)
    assert browser.get("/users").status_code == 200
    grant = session.execute(select(RoleGrant).where(RoleGrant.user_id == admin.id)).scalar_one()
    run(SYSTEM, commands_users.end_role, grant=grant, user=admin, ends_on=clock.today())
    assert browser.get("/users").status_code == 403


def test_a_move_to_another_unit_holds_from_the_next_request(app: Flask, session: Session) -> None:
    colleague = factories.user(session, Role.TRAINER)
    admin = factories.user(session, Role.COUNTY_ADMIN)
    browser = Browser(app.test_client())
    browser.sign_in(admin.username)
    assert browser.get(f"/users/{colleague.id}").status_code == 200
    elsewhere = factories.unit(session, factories.YANJI)
    run(SYSTEM, commands_users.edit_user, user=colleague, name=colleague.name, unit=elsewhere)
    assert browser.get(f"/users/{colleague.id}").status_code == 404


def test_the_eleventh_session_ends_the_one_unused_for_longest(
    app: Flask, browser: Browser, trainer: User, travel: Travel
) -> None:
    others = [Browser(app.test_client()) for _ in range(10)]
    for other in others:
        travel(timedelta(seconds=1))
        other.sign_in(trainer.username)
    assert not is_in(browser)
    assert all(is_in(other) for other in others)


def test_a_session_is_ended_from_the_list_but_never_that_of_another(
    app: Flask, browser: Browser, trainer: User, session: Session
) -> None:
    other, stranger = Browser(app.test_client()), Browser(app.test_client())
    other.sign_in(trainer.username)
    someone = factories.user(session, Role.TRAINER)
    stranger.sign_in(someone.username)
    theirs = session.execute(
        select(WebSession.token_digest).where(WebSession.user_id == someone.id)
    ).scalar_one()
    browser.send("/profile/sessions/revoke", session=theirs)
    assert is_in(stranger)
    with other.client.session_transaction() as held:
        from registry.accounts.sessions import digest

        own_other = digest(held["_user_id"])
    page = text(browser.get("/profile/sessions"))
    assert own_other in page
    assert theirs not in page
    browser.send("/profile/sessions/revoke", session=own_other)
    assert is_in(browser)
    assert not is_in(other)


def test_all_other_sessions_end_at_once(app: Flask, browser: Browser, trainer: User) -> None:
    others = [Browser(app.test_client()) for _ in range(2)]
    for other in others:
        other.sign_in(trainer.username)
    browser.send("/profile/sessions/revoke", session="")
    assert is_in(browser)
    assert not any(is_in(other) for other in others)


@pytest.mark.parametrize(
    "address",
    ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:1", "/\nx", "/" * 3000],
)
def test_sign_in_leads_only_within_the_site(app: Flask, trainer: User, address: str) -> None:
    done = Browser(app.test_client()).sign_in(trainer.username, next=address)
    assert done.status_code == 303
    assert done.location in ("/", "/profile")


def test_without_session_a_page_asks_to_sign_in_and_comes_back(client: FlaskClient, trainer: User) -> None:
    browser = Browser(client)
    asked = browser.get("/profile/sessions?x=1")
    assert asked.location == "/sign-in?next=/profile/sessions?x%3D1"
    assert browser.sign_in(trainer.username, next="/profile/sessions?x=1").location == "/profile/sessions?x=1"


def test_a_form_without_session_is_not_saved(client: FlaskClient) -> None:
    refused = client.post("/profile/edit", data={"name": "甲"})
    assert refused.status_code == 401
    assert 'name="username"' in text(refused)


# What was typed when the session had ended


def expired_post(browser: Browser, travel: Travel, path: str = "/profile/edit", **fields: str) -> object:
    token = browser.token()
    travel(timedelta(minutes=31))
    return browser.send(path, token=token, **({"name": "王小明新", "locale": "en"} | fields))


def test_typed_fields_come_back_to_the_same_user_and_are_saved_once_sent_again(
    browser: Browser, trainer: User, session: Session, travel: Travel
) -> None:
    key = token_hex(16)
    asked = expired_post(browser, travel, form_key=key)
    assert asked.status_code == 401  # type: ignore[attr-defined]
    sealed = hidden(asked, "kept")
    assert sealed
    assert "王小明新" not in text(asked)
    given_back = browser.sign_in(trainer.username, kept=sealed)
    assert given_back.status_code == 200
    assert hidden(given_back, "name") == "王小明新"
    assert hidden(given_back, "form_key") == key
    assert hidden(given_back, "_restore") == "1"
    fields = {name: hidden(given_back, name) for name in ("name", "locale", "form_key", "_restore")}
    filled = browser.send("/profile/edit", token=hidden(given_back, "csrf_token"), **fields)
    assert filled.status_code == 200
    assert hidden(filled, "name") == "王小明新"
    session.expire_all()
    assert session.get_one(User, trainer.id).name == trainer.name
    saved = browser.send("/profile/edit", name="王小明新", locale="en", form_key=key)
    assert saved.status_code == 303
    session.expire_all()
    assert session.get_one(User, trainer.id).name == "王小明新"


def test_another_user_gets_nothing_back(browser: Browser, session: Session, travel: Travel) -> None:
    other = factories.user(session, Role.TRAINER)
    sealed = hidden(expired_post(browser, travel), "kept")
    done = browser.sign_in(other.username, kept=sealed)
    assert done.status_code == 303
    shown = text(browser.get("/profile"))
    assert "王小明新" not in text(done) + shown
    assert "belongs to another user" in shown or "属于另一" in shown


def test_after_thirty_minutes_it_is_gone(browser: Browser, trainer: User, travel: Travel) -> None:
    sealed = hidden(expired_post(browser, travel), "kept")
    travel(timedelta(minutes=31))
    done = browser.sign_in(trainer.username, kept=sealed)
    assert done.status_code == 303
    assert "王小明新" not in text(browser.get("/profile"))


def test_a_wrong_password_first_does_not_lose_it(browser: Browser, trainer: User, travel: Travel) -> None:
    sealed = hidden(expired_post(browser, travel), "kept")
    again = browser.sign_in(trainer.username, "wrong", kept=sealed)
    assert hidden(again, "kept") == sealed


def test_altered_or_foreign_values_are_not_given_back(
    browser: Browser, trainer: User, travel: Travel
) -> None:
    sealed = hidden(expired_post(browser, travel), "kept")
    for bad in (sealed[:-8] + "AAAAAAA=", "x", "é", ""):
        done = browser.sign_in(trainer.username, kept=bad)
        assert done.status_code == 303


def test_a_form_from_elsewhere_is_not_kept(browser: Browser, travel: Travel) -> None:
    browser.get("/profile")
    travel(timedelta(minutes=31))
    asked = browser.send("/profile/edit", token="forged", name="王小明新", locale="en")
    assert asked.status_code == 401
    assert hidden(asked, "kept") == ""


def test_passwords_tokens_and_empty_forms_are_not_kept(app: Flask) -> None:
    with app.app_context():
        sealed = kept.keep(
            "/x",
            [
                ("form_key", "k"),
                ("csrf_token", "t"),
                ("present_password", "p"),
                ("totp_code", "c"),
                ("name", "n"),
            ],
            7,
        )
        assert sealed is not None
        typed = kept.read(sealed)
        assert typed is not None
        assert typed.fields == [("form_key", "k"), ("name", "n")]
        assert (typed.path, typed.user_id) == ("/x", 7)
        assert kept.keep("/x", [("form_key", "k"), ("csrf_token", "t")], 7) is None
        assert kept.keep("/x", [("name", "n")], 7) is None
        assert kept.keep("/x", [("form_key", "k"), ("rows", "王" * 700_000)], 7) is None
        assert kept.keep("/x", [("form_key", "k"), ("rows", "王" * 690_000)], 7) is not None


def test_a_revoked_session_also_keeps_what_was_typed(browser: Browser, trainer: User) -> None:
    token = browser.token()
    other = Browser(browser.client.application.test_client())
    other.sign_in(trainer.username)
    other.send("/profile/sessions/revoke", session="")
    asked = browser.send("/profile/edit", token=token, name="王小明新", locale="en")
    assert hidden(asked, "kept")


# Cross-site requests and reading


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-out", "/language", "/theme", "/profile/edit", "/profile/sessions/revoke"]
)
def test_without_the_token_of_a_page_nothing_happens(browser: Browser, path: str) -> None:
    assert browser.client.post(path, data={"language": "en"}).status_code == 400
    assert is_in(browser)


def test_the_token_of_another_browser_is_refused(app: Flask, browser: Browser, session: Session) -> None:
    other = Browser(app.test_client())
    other.sign_in(factories.user(session, Role.TRAINER).username)
    assert browser.send("/sign-out", token=other.token()).status_code == 400
    assert is_in(browser)


def test_opening_pages_changes_no_record(browser: Browser, session: Session) -> None:
    from registry.core.journal import JournalEntry

    def entries() -> int:
        session.rollback()
        return session.execute(select(func.count()).select_from(JournalEntry)).scalar_one()

    before = entries()
    for path in (
        "/profile",
        "/profile/edit",
        "/profile/password",
        "/profile/sessions",
        "/profile/second-factor",
    ):
        assert browser.get(path).status_code == 200
    assert entries() == before
    assert db.session.execute(select(func.count()).select_from(WebSession)).scalar_one() == 1
