"""Users and roles: added, changed and ended within reach and up to one's own level only."""

from __future__ import annotations

import re
from datetime import date, timedelta
from secrets import token_hex

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts import commands, commands_users
from registry.accounts.models import RoleGrant, User
from registry.accounts.queries import roles_of, user_by_name
from registry.core import clock
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.passwords import hash_password, verify_password
from registry.core.permissions import Permission, Role
from registry.core.scope import SYSTEM, Actor
from registry.core.write import run
from tests import factories
from tests.accounts import Browser, text
from tests.factories import CHANGCHUN, KUANCHENG, NANGUAN, PROVINCE, YANJI
from tests.watching import last_entry

ADMINS = {
    Role.PROVINCE_ADMIN: PROVINCE,
    Role.PREFECTURE_ADMIN: CHANGCHUN,
    Role.COUNTY_ADMIN: NANGUAN,
}


@pytest.fixture
def province(session: Session) -> User:
    return factories.user(session, Role.PROVINCE_ADMIN, PROVINCE)


@pytest.fixture
def county(session: Session) -> User:
    return factories.user(session, Role.COUNTY_ADMIN)


@pytest.fixture
def browser(app: Flask, county: User) -> Browser:
    """The county administrator, signed in."""
    opened = Browser(app.test_client())
    opened.sign_in(county.username)
    return opened


def acting(session: Session, user: User) -> Actor:
    from registry.accounts.queries import actor_for

    return actor_for(session, user, clock.today())


def users_count(session: Session) -> int:
    session.rollback()
    return session.execute(select(func.count()).select_from(User)).scalar_one()


def held(session: Session, user: User) -> set[tuple[Role, int]]:
    session.rollback()
    return set(roles_of(session, user.id, clock.today()))


def grant_of(session: Session, user: User) -> RoleGrant:
    return session.execute(select(RoleGrant).where(RoleGrant.user_id == user.id)).scalar_one()


# Adding


def test_a_user_is_added_with_a_role_and_a_password_shown_once(
    app: Flask, session: Session, browser: Browser, county: User
) -> None:
    unit = factories.unit(session, NANGUAN)
    done = browser.send("/users/add", username="lihua", name="李华", unit=str(unit.id), role="trainer")
    assert done.status_code == 303
    page = text(browser.get(done.location))
    shown = re.search(r"<code>([\w-]{19})</code>", page)
    assert shown
    assert shown[1] not in text(browser.get(done.location))
    made = user_by_name(session, "lihua")
    assert made is not None
    assert held(session, made) == {(Role.TRAINER, unit.id)}
    entry = last_entry(session)
    assert (entry.action, entry.actor_id) == ("accounts.add_user", county.id)
    newcomer = Browser(app.test_client())
    assert newcomer.sign_in("lihua", shown[1]).status_code == 303
    assert newcomer.get("/profile").location == "/profile/password"


def test_the_same_form_twice_adds_one_user_and_shows_no_other_password(
    session: Session, browser: Browser
) -> None:
    key, unit = token_hex(16), str(factories.unit(session, NANGUAN).id)
    before = users_count(session)
    first = browser.send("/users/add", form_key=key, username="lihua", name="李华", unit=unit)
    assert "shown only now" in (page := text(browser.get(first.location))) or "仅显示这一次" in page
    again = browser.send("/users/add", form_key=key, username="lihua", name="李华", unit=unit)
    assert again.location == first.location
    assert users_count(session) == before + 1
    assert not re.search(r"<code>[\w-]{19}</code>", text(browser.get(again.location)))


def test_a_taken_name_is_refused_and_what_was_typed_stays(
    session: Session, browser: Browser, county: User
) -> None:
    before = users_count(session)
    unit = str(factories.unit(session, NANGUAN).id)
    refused = browser.send("/users/add", username=county.username, name="李华", unit=unit)
    assert refused.status_code == 200
    assert "李华" in text(refused)
    assert users_count(session) == before


@pytest.mark.parametrize("username", ["a", "a b", "<b>", "x" * 61, ""])
def test_a_sign_in_name_has_a_form(session: Session, browser: Browser, username: str) -> None:
    before = users_count(session)
    unit = str(factories.unit(session, NANGUAN).id)
    assert browser.send("/users/add", username=username, name="李华", unit=unit).status_code == 200
    assert users_count(session) == before


def test_a_unit_out_of_reach_is_no_choice_and_no_home(
    session: Session, browser: Browser, county: User
) -> None:
    before = users_count(session)
    elsewhere = factories.unit(session, KUANCHENG)
    refused = browser.send("/users/add", username="lihua", name="李华", unit=str(elsewhere.id))
    assert refused.status_code == 200
    with pytest.raises(RuleError, match="your own units"):
        run(
            acting(session, county),
            commands.add_user,
            username="lihua",
            name="李华",
            password_hash="x",
            unit=elsewhere,
        )
    assert users_count(session) == before


def test_posted_columns_that_no_form_has_change_nothing(session: Session, browser: Browser) -> None:
    unit = str(factories.unit(session, NANGUAN).id)
    browser.send(
        "/users/add",
        username="lihua",
        name="李华",
        unit=unit,
        must_change_password="",
        password_hash="x",
        active="",
        id="7",
        home_unit_id=str(factories.unit(session, PROVINCE).id),
    )
    session.rollback()
    made = user_by_name(session, "lihua")
    assert made is not None
    assert (made.must_change_password, made.active, made.home_unit_id) == (True, True, int(unit))
    assert made.id != 7
    assert made.password_hash.startswith("$argon2id$")


# Reach


PAGES = [
    "",
    "/edit",
    "/roles/grant",
    "/disable",
    "/enable",
    "/password/reset",
    "/second-factor/reset",
]


@pytest.mark.parametrize("page", PAGES)
def test_a_user_of_another_unit_does_not_exist(session: Session, browser: Browser, page: str) -> None:
    for code in (KUANCHENG, CHANGCHUN, PROVINCE, YANJI):
        other = factories.user(session, Role.TRAINER, code)
        assert browser.get(f"/users/{other.id}{page}").status_code == 404
        if page:
            assert browser.send(f"/users/{other.id}{page}").status_code == 404
    assert browser.get(f"/users/999999{page}").status_code == 404


@pytest.mark.parametrize("role", [Role.TRAINER, Role.AUDITOR, Role.SUPERVISOR])
def test_other_roles_manage_nobody(app: Flask, session: Session, county: User, role: Role) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(factories.user(session, role).username)
    for path in ("/users", "/users/add", *(f"/users/{county.id}{page}" for page in PAGES)):
        assert browser.get(path).status_code == 403
    with pytest.raises(ForbiddenError):
        run(factories.actor(session, role), commands_users.disable_user, user=county)


def test_the_list_holds_those_at_home_within_reach(
    app: Flask, session: Session, browser: Browser, county: User
) -> None:
    other = factories.user(session, Role.TRAINER, KUANCHENG)
    page = text(browser.get("/users"))
    assert county.username in page
    assert other.username not in page
    exported = text(browser.get("/users?export=csv"))
    assert county.username in exported
    assert other.username not in exported


def test_the_list_is_filtered_by_unit_role_and_state(app: Flask, session: Session) -> None:
    admin = factories.user(session, Role.PREFECTURE_ADMIN, CHANGCHUN, username="the-admin")
    factories.user(session, Role.TRAINER, NANGUAN, username="the-trainer")
    gone = factories.user(session, Role.SUPERVISOR, KUANCHENG, username="the-disabled")
    run(SYSTEM, commands_users.disable_user, user=gone)
    browser = Browser(app.test_client())
    browser.sign_in(admin.username)

    def names(query: str) -> set[str]:
        return set(re.findall(r">(the-\w+)<", text(browser.get(f"/users?{query}"))))

    assert names("") == {"the-admin", "the-trainer", "the-disabled"}
    assert names("role=trainer") == {"the-trainer"}
    assert names("state=disabled") == {"the-disabled"}
    assert names(f"unit={factories.unit(session, KUANCHENG).id}") == {"the-disabled"}


# Roles


@pytest.mark.parametrize("giver", ADMINS)
@pytest.mark.parametrize("given", list(Role))
def test_a_role_is_given_up_to_the_own_level(session: Session, giver: Role, given: Role) -> None:
    admin = factories.user(session, giver, ADMINS[giver])
    level = {Role.PROVINCE_ADMIN: 3, Role.PREFECTURE_ADMIN: 2, Role.COUNTY_ADMIN: 1}
    at = ADMINS.get(given, NANGUAN)
    someone = factories.user(session, [], NANGUAN)
    actor, unit = acting(session, admin), factories.unit(session, at)
    if level.get(given, 0) <= level[giver] and actor.scope(Permission.USER_MANAGE).holds(unit.id):
        run(actor, commands.grant_role, user=someone, role=given, unit=unit)
        assert held(session, someone) == {(given, unit.id)}
    else:
        with pytest.raises(RuleError):
            run(actor, commands.grant_role, user=someone, role=given, unit=unit)
        assert held(session, someone) == set()


def test_a_role_out_of_reach_is_refused_on_the_page(session: Session, browser: Browser) -> None:
    someone = factories.user(session, [], NANGUAN)
    for unit_code, role in (
        (KUANCHENG, "trainer"),
        (NANGUAN, "province_admin"),
        (NANGUAN, "prefecture_admin"),
    ):
        refused = browser.send(
            f"/users/{someone.id}/roles/grant",
            role=role,
            unit=str(factories.unit(session, unit_code).id),
            starts_on=clock.today().isoformat(),
        )
        assert refused.status_code == 200
        assert "notice-error" in text(refused)
    assert held(session, someone) == set()


def test_an_administrators_role_needs_a_unit_of_its_level(session: Session, province: User) -> None:
    someone = factories.user(session, [], NANGUAN)
    with pytest.raises(RuleError, match="its own level"):
        run(
            acting(session, province),
            commands.grant_role,
            user=someone,
            role=Role.PROVINCE_ADMIN,
            unit=factories.unit(session, NANGUAN),
        )
    assert held(session, someone) == set()


def test_nobody_gives_themselves_a_role(session: Session, county: User) -> None:
    before = held(session, county)
    with pytest.raises(RuleError, match="themselves"):
        run(
            acting(session, county),
            commands.grant_role,
            user=county,
            role=Role.CERTIFICATE_APPROVER,
            unit=factories.unit(session, NANGUAN),
        )
    assert held(session, county) == before


def test_a_role_given_on_the_page_holds_from_its_day(session: Session, browser: Browser) -> None:
    someone = factories.user(session, [], NANGUAN)
    unit, tomorrow = factories.unit(session, NANGUAN), clock.today() + timedelta(days=1)
    done = browser.send(
        f"/users/{someone.id}/roles/grant", role="trainer", unit=str(unit.id), starts_on=tomorrow.isoformat()
    )
    assert done.status_code == 303
    assert held(session, someone) == set()
    assert roles_of(session, someone.id, tomorrow) == [(Role.TRAINER, unit.id)]


def test_a_role_held_already_or_ending_before_it_begins_is_refused(session: Session) -> None:
    someone = factories.user(session, Role.TRAINER)
    unit = factories.unit(session, NANGUAN)
    with pytest.raises(RuleError, match="already"):
        run(SYSTEM, commands.grant_role, user=someone, role=Role.TRAINER, unit=unit)
    with pytest.raises(RuleError, match="before it begins") as refused:
        run(
            SYSTEM,
            commands.grant_role,
            user=someone,
            role=Role.AUDITOR,
            unit=unit,
            starts_on=date(2026, 1, 2),
            ends_on=date(2026, 1, 2),
        )
    assert refused.value.field == "ends_on"
    assert held(session, someone) == {(Role.TRAINER, unit.id)}


def test_a_role_ends_today_or_later_but_not_in_the_past(session: Session, browser: Browser) -> None:
    someone = factories.user(session, Role.TRAINER)
    grant = grant_of(session, someone)
    path = f"/users/{someone.id}/roles/{grant.id}/end"
    assert browser.get(path).status_code == 200
    yesterday = clock.today() - timedelta(days=1)
    assert "notice-error" in text(browser.send(path, ends_on=yesterday.isoformat()))
    assert held(session, someone)
    assert browser.send(path, ends_on=clock.today().isoformat()).status_code == 303
    assert held(session, someone) == set()
    assert "notice-error" in text(browser.send(path, ends_on=clock.today().isoformat()))


def test_a_role_of_another_user_or_unit_is_not_ended(session: Session, browser: Browser) -> None:
    someone, other = factories.user(session, Role.TRAINER), factories.user(session, Role.TRAINER)
    far = factories.user(session, Role.TRAINER, KUANCHENG)
    for grant in (grant_of(session, other), grant_of(session, far)):
        assert browser.send(
            f"/users/{someone.id}/roles/{grant.id}/end", ends_on=clock.today().isoformat()
        ).status_code == 404  # fmt: skip
    with pytest.raises(RuleError):
        run(
            SYSTEM,
            commands_users.end_role,
            grant=grant_of(session, other),
            user=someone,
            ends_on=clock.today(),
        )
    assert held(session, other)
    assert held(session, far)


# Someone above, oneself, the last one


@pytest.mark.parametrize("verb", ["disable", "password/reset", "edit"])
def test_a_user_with_a_role_above_or_elsewhere_is_left_alone(
    session: Session, browser: Browser, county: User, verb: str
) -> None:
    boss = factories.user(session, [], NANGUAN)
    run(
        SYSTEM,
        commands.grant_role,
        user=boss,
        role=Role.PREFECTURE_ADMIN,
        unit=factories.unit(session, CHANGCHUN),
    )
    guest = factories.user(session, [], NANGUAN)
    run(SYSTEM, commands.grant_role, user=guest, role=Role.TRAINER, unit=factories.unit(session, YANJI))
    for target in (boss, guest):
        before = target.password_hash
        refused = browser.send(
            f"/users/{target.id}/{verb}", name="别名", unit=str(factories.unit(session, NANGUAN).id)
        )
        assert refused.status_code == 200
        assert "notice-error" in text(refused)
        session.expire_all()
        assert (target.active, target.password_hash) == (True, before)
        assert target.name != "别名"


def test_a_role_above_protects_also_at_a_unit_within_reach(session: Session, county: User) -> None:
    boss = factories.user(session, Role.PREFECTURE_ADMIN, NANGUAN)
    with pytest.raises(RuleError, match="above or outside"):
        run(acting(session, county), commands_users.disable_user, user=boss)
    actor = acting(session, factories.user(session, Role.COUNTY_ADMIN, CHANGCHUN))
    someone = factories.user(session, [], NANGUAN)
    with pytest.raises(RuleError, match="above your own"):
        run(
            actor,
            commands.grant_role,
            user=someone,
            role=Role.PREFECTURE_ADMIN,
            unit=factories.unit(session, CHANGCHUN),
        )


def test_reading_everywhere_lends_no_power_over_users_elsewhere(session: Session, county: User) -> None:
    run(SYSTEM, commands.grant_role, user=county, role=Role.AUDITOR, unit=factories.unit(session, PROVINCE))
    guest = factories.user(session, [], NANGUAN)
    run(SYSTEM, commands.grant_role, user=guest, role=Role.TRAINER, unit=factories.unit(session, YANJI))
    with pytest.raises(RuleError, match="above or outside"):
        run(acting(session, county), commands_users.disable_user, user=guest)


def test_a_future_role_above_protects_already(session: Session, county: User) -> None:
    boss = factories.user(session, [], NANGUAN)
    run(
        SYSTEM,
        commands.grant_role,
        user=boss,
        role=Role.PREFECTURE_ADMIN,
        unit=factories.unit(session, CHANGCHUN),
        starts_on=clock.today() + timedelta(days=7),
    )
    with pytest.raises(RuleError, match="above or outside"):
        run(acting(session, county), commands_users.reset_password, user=boss, password_hash="x")


def test_a_user_moved_away_is_out_of_reach_under_the_lock(session: Session, county: User) -> None:
    someone = factories.user(session, Role.TRAINER)
    actor = acting(session, county)
    run(
        SYSTEM,
        commands_users.edit_user,
        user=someone,
        name=someone.name,
        unit=factories.unit(session, KUANCHENG),
    )
    with pytest.raises(RecordNotFoundError):
        run(actor, commands_users.disable_user, user=someone)


def test_nobody_disables_themselves_or_ends_their_own_role(
    session: Session, browser: Browser, county: User
) -> None:
    assert "notice-error" in text(browser.send(f"/users/{county.id}/disable"))
    grant = grant_of(session, county)
    path = f"/users/{county.id}/roles/{grant.id}/end"
    assert "notice-error" in text(browser.send(path, ends_on=clock.today().isoformat()))
    session.expire_all()
    assert county.active
    assert held(session, county)


def test_the_last_province_administrator_stays(session: Session, province: User) -> None:
    with pytest.raises(RuleError, match="last province administrator"):
        run(SYSTEM, commands_users.disable_user, user=province)
    with pytest.raises(RuleError, match="last province administrator"):
        run(
            SYSTEM,
            commands_users.end_role,
            grant=grant_of(session, province),
            user=province,
            ends_on=clock.today(),
        )
    second = factories.user(session, Role.PROVINCE_ADMIN, PROVINCE)
    run(SYSTEM, commands_users.disable_user, user=second)
    with pytest.raises(RuleError, match="last province administrator"):
        run(SYSTEM, commands_users.disable_user, user=province)


# What else is done to a user


def test_disabled_and_enabled_again(app: Flask, session: Session, browser: Browser) -> None:
    someone = factories.user(session, Role.TRAINER)
    assert browser.send(f"/users/{someone.id}/disable").status_code == 303
    assert Browser(app.test_client()).sign_in(someone.username).status_code == 200
    assert "notice-error" in text(browser.send(f"/users/{someone.id}/disable"))
    assert browser.send(f"/users/{someone.id}/enable").status_code == 303
    assert Browser(app.test_client()).sign_in(someone.username).status_code == 303
    assert "notice-error" in text(browser.send(f"/users/{someone.id}/enable"))


def test_a_new_initial_password_is_shown_once_and_works(session: Session, browser: Browser) -> None:
    someone = factories.user(session, Role.TRAINER)
    done = browser.send(f"/users/{someone.id}/password/reset")
    shown = re.search(r"<code>([\w-]{19})</code>", text(browser.get(done.location)))
    assert shown
    session.expire_all()
    assert verify_password(someone.password_hash, shown[1])
    assert someone.must_change_password


def test_name_and_home_unit_are_changed(app: Flask, session: Session) -> None:
    admin = factories.user(session, Role.PREFECTURE_ADMIN, CHANGCHUN)
    someone = factories.user(session, Role.TRAINER)
    browser = Browser(app.test_client())
    browser.sign_in(admin.username)
    target = factories.unit(session, KUANCHENG).id
    assert browser.send(f"/users/{someone.id}/edit", name="欧阳文", unit=str(target)).status_code == 303
    session.expire_all()
    assert (someone.name, someone.home_unit_id) == ("欧阳文", target)


def test_the_statements_of_the_list_do_not_grow(app: Flask, session: Session, browser: Browser) -> None:
    from sqlalchemy import event

    from registry.core.db import db

    def statements() -> int:
        told: list[str] = []
        listener = lambda *args: told.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        assert browser.get("/users?n=100").status_code == 200
        event.remove(db.engine, "before_cursor_execute", listener)
        return len(told)

    few = statements()
    for _ in range(15):
        factories.user(session, Role.TRAINER)
    assert statements() == few


# The command line


def test_users_from_the_command_line(app: Flask, session: Session) -> None:
    runner = app.test_cli_runner()
    added = runner.invoke(
        args=["user", "add", "lihua", "--name", "李华", "--unit", NANGUAN, "--role", "trainer"]
    )
    assert added.exit_code == 0, added.output
    password = re.search(r": ([\w-]{19})$", added.output.strip())
    assert password
    session.rollback()
    made = user_by_name(session, "lihua")
    assert made is not None
    assert verify_password(made.password_hash, password[1])
    assert [role for role, _ in held(session, made)] == [Role.TRAINER]
    assert runner.invoke(args=["user", "role", "lihua", "auditor", "--unit", NANGUAN]).exit_code == 0
    assert runner.invoke(args=["user", "role", "lihua", "trainer", "--unit", NANGUAN, "--end"]).exit_code == 0
    assert [role for role, _ in held(session, made)] == [Role.AUDITOR]
    for refused in (
        ["user", "add", "lihua", "--unit", NANGUAN],
        ["user", "add", "new", "--unit", "999999"],
        ["user", "add", "new", "--unit", NANGUAN, "--role", "province_admin"],
        ["user", "password", "nobody"],
        ["user", "role", "lihua", "trainer", "--unit", NANGUAN, "--end"],
        ["user", "second-factor", "lihua"],
    ):
        stopped = runner.invoke(args=refused)
        assert stopped.exit_code == 1
        assert "Nothing was saved" in stopped.output
    reset = runner.invoke(args=["user", "password", "lihua"])
    assert reset.exit_code == 0
    session.expire_all()
    assert not verify_password(made.password_hash, password[1])
    assert hash_password("x") != made.password_hash
