"""The command line: before set-up, without a database, and with what nobody can mean, one sentence."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextvars import Context
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from registry.accounts.models import RoleGrant, User
from registry.core import secrets
from registry.core.db import db
from registry.core.journal import Clock, JournalEntry, JournalLine
from registry.core.passwords import verify_password
from registry.core.permissions import Role
from registry.people.models import Person
from tests import factories
from tests.databases import build_app, without_guards

PASSPHRASE = "correct horse battery"
OWN = {"init", "journal", "backup", "restore", "keys", "demo", "indicators", "import", "user"}


def flask(app: Flask, *arguments: object, **environ: str) -> Result:
    """Run `flask …` as in a process of its own."""
    runner = app.test_cli_runner(env=environ)
    return Context().run(runner.invoke, args=[str(argument) for argument in arguments])


def said(result: Result) -> str:
    """The one sentence that a refused command printed; nothing on standard output, and no traceback."""
    assert result.stdout == ""
    assert isinstance(result.exception, SystemExit), result.exception
    *_usage, last = [line for line in result.stderr.splitlines() if line]
    assert len(_usage) in (0, 2), result.stderr
    return last


def leaves(command: click.Command, *name: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for part, below in command.commands.items():
            yield from leaves(below, *name, part)
    else:
        yield name, command


@pytest.fixture
def fresh(
    engine_name: str, empty_database: Callable[[str], str], tmp_path: Path
) -> Iterator[Callable[..., Flask]]:
    """The application on an empty database and a folder that is not there yet."""
    kept = secrets.current_keys() if secrets._Ring.keys is not None else None
    secrets._Ring.keys = None
    url = empty_database(engine_name)
    made: list[Flask] = []

    def open_it(url: str = url, **more: object) -> Flask:
        made.append(build_app(url, str(tmp_path / "data" / "instance"), **more))
        return made[-1]

    yield open_it
    for app in made:
        with app.app_context():
            db.engine.dispose()
    secrets._Ring.keys = kept


@pytest.fixture
def words(tmp_path: Path) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Every command with arguments that would do something on an installation that is set up."""
    file = tmp_path / "list.csv"
    file.write_text("姓名,所属红十字会\n王小明,220102\n", encoding="utf-8")
    return {
        ("backup",): (str(tmp_path / "b.zip"),),
        ("demo", "load"): (),
        ("demo", "reset"): (),
        ("demo", "sign-ins"): (),
        ("import",): ("people", str(file), "--as", "someone"),
        ("indicators", "list"): (),
        ("indicators", "rebuild"): (),
        ("indicators", "records"): ("rescuers_first",),
        ("indicators", "show"): ("rescuers_first",),
        ("indicators", "verify"): (),
        ("init",): (),
        ("journal", "head"): (),
        ("journal", "verify"): (),
        ("keys", "export"): ("--passphrase", PASSPHRASE),
        ("keys", "import"): (str(file), "--passphrase", PASSPHRASE),
        ("restore",): (str(file),),
        ("user", "add"): ("someone", "--unit", "220102"),
        ("user", "password"): ("someone",),
        ("user", "role"): ("someone", "trainer", "--unit", "220102"),
        ("user", "second-factor"): ("someone",),
    }


@pytest.mark.sqlite_only
def test_every_command_is_tried_here(app: Flask, words: dict[tuple[str, ...], tuple[str, ...]]) -> None:
    ours = {name for command in OWN for name, _ in leaves(app.cli.commands[command], command)}
    assert ours == set(words)
    assert set(app.cli.commands) - OWN == {"db"}


def test_before_init_every_command_says_so(
    fresh: Callable[..., Flask], words: dict[tuple[str, ...], tuple[str, ...]], tmp_path: Path
) -> None:
    app = fresh()
    for name, arguments in words.items():
        if name == ("init",):
            continue
        result = flask(app, *name, *arguments)
        known = {("restore",): "Not restored: the file is damaged", ("keys", "import"): "Not imported"}
        assert known.get(name, "flask --app app init") in said(result), name
        assert result.exit_code == (1 if name in known else 2), name
    assert not (tmp_path / "b.zip").exists()
    assert flask(app, "import", "--list").exit_code == 0
    assert flask(app, "init").output.strip() == "Ready."
    assert flask(app, "journal", "verify").exit_code == 0
    head = flask(app, "journal", "head").stdout.split()
    assert (len(head), int(head[0]), len(head[2])) == (3, 5, 64)


def test_a_server_that_runs_takes_up_what_init_makes(fresh: Callable[..., Flask]) -> None:
    """The page says: run init. Once that is done, the same process serves, without a restart."""
    serving = fresh()
    client = serving.test_client()
    for url in ("/", "/sign-in", "/verify", "/nothing"):
        page = client.get(url)
        assert page.status_code == 503
        assert "flask --app app init" in page.get_data(as_text=True)
    assert client.get("/static/app.css").status_code == 200
    assert flask(fresh(), "init").exit_code == 0
    assert client.get("/sign-in", follow_redirects=True).status_code == 200
    assert client.get("/").status_code == 302


@pytest.mark.sqlite_only
def test_without_its_database_no_page_speaks_of_init(fresh: Callable[..., Flask], tmp_path: Path) -> None:
    secrets.Keys.create().save(tmp_path / "data" / "instance" / "keys")
    client = fresh("postgresql+psycopg://registry:geheim@127.0.0.1:1/registry").test_client()
    page = client.get("/sign-in")
    assert page.status_code == 503
    assert "does not answer" in page.get_data(as_text=True)
    assert "init" not in page.get_data(as_text=True)


@pytest.mark.sqlite_only
def test_a_database_that_does_not_answer_is_named_without_its_password(
    fresh: Callable[..., Flask], words: dict[tuple[str, ...], tuple[str, ...]], tmp_path: Path
) -> None:
    secrets.Keys.create().save(tmp_path / "data" / "instance" / "keys")
    app = fresh("postgresql+psycopg://registry:geheim@127.0.0.1:1/registry")
    for name, arguments in words.items():
        if name[0] == "keys":
            continue
        result = flask(app, *name, *arguments)
        assert "The database at 127.0.0.1 does not answer" in said(result), name
        assert "geheim" not in result.output
        assert result.exit_code == 1


# The first administrator


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("name", "password", "told"),
    [
        ("chef", "", "REGISTRY_ADMIN"),
        ("", "x" * 12, "REGISTRY_ADMIN"),
        ("chef", "x" * 11, "12"),
        (" chef", "x" * 12, "2"),
    ],
)
def test_the_first_administrator_needs_a_name_and_a_password(
    app: Flask, session: Session, name: str, password: str, told: str
) -> None:
    session.rollback()
    result = flask(app, "init", "--empty", REGISTRY_ADMIN=name, REGISTRY_ADMIN_PASSWORD=password)
    assert result.exit_code == 2
    assert told in said(result)
    assert session.execute(select(func.count()).select_from(User)).scalar_one() == 0


@pytest.mark.sqlite_only
def test_in_a_terminal_the_first_administrator_is_asked_until_it_fits(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.rollback()
    answers = iter(["chef de", "chef", "short", "long enough 7"])
    asked: list[str] = []

    def prompt(text: str, **_options: object) -> str:
        asked.append(text)
        return next(answers)

    monkeypatch.setattr("registry.cli.setup._is_terminal", lambda: True)
    monkeypatch.setattr(click, "prompt", prompt)
    result = flask(
        app, "init", "--empty", REGISTRY_ADMIN="", REGISTRY_ADMIN_PASSWORD="", LANG="C", LC_ALL="C"
    )
    assert result.exit_code == 0
    assert len(asked) == 4
    user = session.execute(select(User)).scalar_one()
    assert user.username == "chef"
    assert verify_password(user.password_hash, "long enough 7")
    assert not user.must_change_password
    assert session.execute(select(RoleGrant.role)).scalars().all() == [Role.PROVINCE_ADMIN.value]
    session.rollback()
    assert flask(app, "init", "--empty", REGISTRY_ADMIN="b2", REGISTRY_ADMIN_PASSWORD="x" * 12).exit_code == 0
    assert session.execute(select(func.count()).select_from(User)).scalar_one() == 1


# Users


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "a b", "--unit", "220102"), "2 to 60"),
        (("add", "berta", "--unit", "999"), "no unit with the code 999"),
        (("add", "berta", "--unit", "220102", "--role", "province_admin"), "province level"),
        (("add", "anna", "--unit", "220102"), "taken"),
        (("password", "berta"), "no user berta"),
        (("second-factor", "anna"), "no second factor"),
        (("role", "berta", "trainer", "--unit", "220102"), "no user berta"),
        (("role", "anna", "trainer", "--unit", "220102"), "already"),
        (("role", "anna", "county_admin", "--unit", "220102", "--end"), "does not hold"),
        (("role", "anna", "king", "--unit", "220102"), "king"),
    ],
)
def test_what_cannot_be_done_with_users_changes_nothing(
    app: Flask, session: Session, arguments: tuple[str, ...], told: str
) -> None:
    session.rollback()
    assert flask(app, "user", "add", "anna", "--unit", "220102", "--role", "trainer").exit_code == 0
    before = session.get_one(Clock, 1).seq
    session.rollback()
    result = flask(app, "user", *arguments)
    assert result.exit_code in (1, 2)
    assert told in said(result)
    assert session.get_one(Clock, 1).seq == before


def test_users_and_roles_from_the_command_line(app: Flask, session: Session) -> None:
    session.rollback()
    told = flask(app, "user", "add", "anna", "--name", "安娜", "--unit", "220102", "--role", "trainer").stdout
    user = session.execute(select(User)).scalar_one()
    assert (user.name, user.must_change_password) == ("安娜", True)
    assert verify_password(user.password_hash, told.split(": ")[1].strip())
    session.rollback()
    new = flask(app, "user", "password", "anna").stdout.split(": ")[1].strip()
    session.refresh(user)
    assert verify_password(user.password_hash, new)
    session.rollback()
    role = ("user", "role", "anna", "county_admin", "--unit", "220102")
    assert "given" in flask(app, *role).stdout
    assert "ended" in flask(app, *role, "--end").stdout
    session.rollback()
    ended = session.execute(select(RoleGrant).where(RoleGrant.role == "county_admin")).scalar_one()
    assert ended.ends_on is not None


# The journal


def test_an_anchor_finds_a_journal_that_was_cut_and_closed_again(app: Flask, session: Session) -> None:
    """Whoever has the database and the keys can close the chain again, but not make the old head anew."""
    factories.person(session)
    session.rollback()
    anchor = flask(app, "journal", "head").stdout.strip()
    assert flask(app, "journal", "verify", "--anchor", anchor).exit_code == 0
    factories.person(session)
    session.rollback()
    assert flask(app, "journal", "verify", "--anchor", anchor).exit_code == 0
    cut = int(anchor.split()[0])
    head = session.execute(select(JournalEntry.hash).where(JournalEntry.seq == cut - 1)).scalar_one()
    session.rollback()
    without_guards("journal_entry", "journal_line")
    with db.engine.begin() as connection:
        connection.execute(delete(JournalLine).where(JournalLine.seq >= cut))
        connection.execute(delete(JournalEntry).where(JournalEntry.seq >= cut))
        connection.execute(Clock.__table__.update().values(seq=cut - 1, head=head))  # type: ignore[attr-defined]
    assert flask(app, "journal", "verify").exit_code == 0
    result = flask(app, "journal", "verify", "--anchor", anchor)
    assert result.exit_code == 1
    assert said(result).startswith(f"Broken at entry {cut}")
    wrong = flask(app, "journal", "verify", "--anchor", "yesterday")
    assert wrong.exit_code == 2
    assert "journal head" in said(wrong)


# Keys


def test_keys_go_out_and_in_under_a_passphrase(
    app: Flask, fresh: Callable[..., Flask], tmp_path: Path
) -> None:
    short = flask(app, "keys", "export", "--passphrase", "short")
    assert short.exit_code == 1
    assert "12 characters" in said(short)
    out = tmp_path / "keys.txt"
    out.write_text(flask(app, "keys", "export", REGISTRY_PASSPHRASE=PASSPHRASE).stdout, encoding="utf-8")
    again = flask(app, "keys", "import", out, "--passphrase", PASSPHRASE)
    assert "never overwritten" in said(again)
    new = fresh()
    folder = Path(new.config["INSTANCE"]) / "keys"
    wrong = flask(new, "keys", "import", out, "--passphrase", "another horse battery")
    assert wrong.exit_code == 1
    assert "wrong passphrase" in said(wrong)
    assert not folder.exists()
    assert flask(new, "keys", "import", out, "--passphrase", PASSPHRASE).exit_code == 0
    there = (Path(app.config["INSTANCE"]) / "keys" / "keys.json").read_text(encoding="utf-8")
    assert json.loads((folder / "keys.json").read_text(encoding="utf-8")) == json.loads(there)
    if os.name == "posix":
        assert stat.S_IMODE((folder / "keys.json").stat().st_mode) == 0o600


# The demo


def test_demo_commands_never_touch_real_data(app: Flask, session: Session) -> None:
    factories.user(session)
    people = session.execute(select(func.count()).select_from(Person)).scalar_one()
    session.rollback()
    for verb, told in (("load", "users already"), ("reset", "real data")):
        result = flask(app, "demo", verb)
        assert result.exit_code == 2
        assert told in said(result)
    assert flask(app, "demo", "sign-ins").output == ""
    assert session.execute(select(func.count()).select_from(Person)).scalar_one() == people
