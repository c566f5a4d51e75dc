"""One's own account: name, language, light or dark."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.accounts.commands_own import edit_profile
from registry.accounts.models import User
from registry.core.errors import ForbiddenError, RuleError
from registry.core.permissions import Role
from registry.core.write import run
from tests import factories
from tests.accounts import Browser, text


@pytest.fixture
def trainer(session: Session) -> User:
    return factories.user(session, Role.TRAINER)


@pytest.fixture
def browser(app: Flask, trainer: User) -> Browser:
    opened = Browser(app.test_client())
    opened.sign_in(trainer.username)
    return opened


def language(browser: Browser) -> str:
    page = text(browser.get("/profile", follow_redirects=True))
    return page.split('<html lang="')[1].split('"')[0]


def test_name_and_language_are_changed(session: Session, browser: Browser, trainer: User) -> None:
    assert language(browser) == "zh-CN"
    assert browser.send("/profile/edit", name="欧阳文", locale="en").status_code == 303
    session.expire_all()
    assert (trainer.name, trainer.locale) == ("欧阳文", "en")
    assert language(browser) == "en"


def test_the_language_of_the_account_holds_at_the_next_sign_in(
    app: Flask, browser: Browser, trainer: User
) -> None:
    browser.send("/profile/edit", name="欧阳文", locale="en")
    fresh = Browser(app.test_client())
    fresh.sign_in(trainer.username)
    assert language(fresh) == "en"


@pytest.mark.parametrize("fields", [{"name": "", "locale": "en"}, {"name": "甲", "locale": "fr"}])
def test_what_does_not_fit_changes_nothing(
    session: Session, browser: Browser, trainer: User, fields: dict[str, str]
) -> None:
    before = trainer.name
    assert browser.send("/profile/edit", **fields).status_code == 200
    session.expire_all()
    assert (trainer.name, trainer.locale) == (before, "zh_CN")


def test_the_language_is_switched_without_an_account_and_survives_sign_in(app: Flask, trainer: User) -> None:
    browser = Browser(app.test_client())
    done = browser.send("/language", language="en", back="/sign-in?next=%2Funits")
    assert done.location == "/sign-in?next=%2Funits"
    assert language(browser) == "en"
    browser.sign_in(trainer.username)
    assert language(browser) == "en"
    browser.send("/language", language="fr", back="//evil.example")
    assert language(browser) == "en"
    assert browser.send("/sign-out").status_code == 303
    assert language(browser) == "en"


@pytest.mark.parametrize(("theme", "kept"), [("dark", "dark"), ("light", "light"), ("<x>", ""), ("", "")])
def test_light_or_dark_is_remembered(browser: Browser, theme: str, kept: str) -> None:
    done = browser.send("/theme", theme=theme, back="/profile")
    assert done.location == "/profile"
    found = browser.client.get_cookie("theme")
    assert (found.value if found else "") == kept


def test_nobody_edits_the_profile_of_another(session: Session, trainer: User) -> None:
    admin = factories.actor(session, Role.COUNTY_ADMIN)
    before = trainer.name
    with pytest.raises(ForbiddenError):
        run(admin, edit_profile, user=trainer, name="别名", locale="en")
    session.expire_all()
    assert trainer.name == before


def test_a_language_that_is_not_there_is_refused(session: Session, trainer: User) -> None:
    from registry.accounts.queries import actor_for
    from registry.core import clock

    with pytest.raises(RuleError) as refused:
        run(actor_for(session, trainer, clock.today()), edit_profile, user=trainer, name="甲", locale="fr")
    assert refused.value.field == "locale"


def test_someone_without_a_role_sees_the_profile_and_nothing_else(app: Flask, session: Session) -> None:
    nobody = factories.user(session, [])
    browser = Browser(app.test_client())
    browser.sign_in(nobody.username)
    assert browser.get("/profile").status_code == 200
    assert browser.get("/units").status_code == 403
    assert browser.get("/users").status_code == 403
