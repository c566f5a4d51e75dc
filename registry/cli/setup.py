"""`flask init`: keys, tables, units, catalogues and the first administrator."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask_migrate import upgrade
from sqlalchemy import insert, inspect, select

from launch.messages import choose
from registry.accounts import commands as accounts
from registry.accounts.models import Unit, User
from registry.certificates import commands as certificates
from registry.cli.refusals import fail
from registry.core import clock, secrets
from registry.core.db import db
from registry.core.journal import GENESIS, Clock
from registry.core.passwords import hash_password
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.indicators import commands as indicators
from registry.training import commands as training
from registry.volunteers import commands as volunteers
from registry.volunteers.models import VolunteerRule

SHORTEST_PASSWORD = 12
SIGN_IN_NAME = re.compile(r"[\w.@-]{2,60}")

NO_ADMIN = (
    "No administrator yet: run this in a terminal, or set REGISTRY_ADMIN and REGISTRY_ADMIN_PASSWORD.",
    "尚无管理员:请在终端中运行,或设置 REGISTRY_ADMIN 和 REGISTRY_ADMIN_PASSWORD。",
)
BAD_NAME = (
    "A sign-in name has 2 to 60 letters, digits or the signs . _ @ -",
    "登录名须为 2 至 60 个字符,只能使用文字、数字和 . _ @ - 符号。",
)
BAD_PASSWORD = (
    f"The password of the first administrator needs at least {SHORTEST_PASSWORD} characters.",
    f"首位管理员的密码至少需要 {SHORTEST_PASSWORD} 个字符。",
)

LOST_KEYS = (
    "The database holds records, but this installation has no keys. Nothing was changed; put back "
    "keys/keys.json, or run `flask keys import` with the exported keys."
)


def refuse_lost_keys(instance: Path) -> None:
    """New keys over an existing database would make its encrypted values unreadable for ever."""
    instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (instance / "keys" / "keys.json").exists() or not inspect(db.engine).has_table("clock"):
        return
    with db.engine.connect() as connection:
        if connection.execute(select(Clock.seq)).scalar():
            fail(LOST_KEYS, 2)


def make_keys(app: Flask) -> None:
    """Make the keys of this installation unless they exist."""
    folder = app.config["INSTANCE"] / "keys"
    if not (folder / "keys.json").exists():
        secrets.Keys.create().save(folder)
    keys = secrets.Keys.load(folder)
    secrets.use_keys(keys)
    app.config["SECRET_KEY"] = keys.session


def migrate() -> None:
    """Bring the tables up to this version and place the clock row."""
    upgrade()
    with db.engine.begin() as connection:
        if connection.execute(select(Clock.id)).scalar() is None:
            counts = {"id": 1, "seq": 0, "at": clock.now(), "last_id": 0}
            connection.execute(insert(Clock).values(**counts, head=GENESIS, catalogue=GENESIS))


def load_catalogues() -> None:
    """Units and catalogues unless they are there, and figures under their present rules."""
    if db.session.execute(select(Unit.id).limit(1)).scalar() is None:
        run(SYSTEM, accounts.load_units)
        run(SYSTEM, certificates.load_credential_types)
        run(SYSTEM, training.load_course_types)
    if db.session.execute(select(VolunteerRule.id).limit(1)).scalar() is None:
        run(SYSTEM, volunteers.load_volunteer_rules)
    indicators.build_missing(db.session())


def _named_administrator() -> tuple[str, str] | None:
    """Name and password from the environment."""
    name, password = os.environ.get("REGISTRY_ADMIN"), os.environ.get("REGISTRY_ADMIN_PASSWORD")
    if not (name and password):
        return None
    if SIGN_IN_NAME.fullmatch(name) is None:
        fail(choose(*BAD_NAME), 2)
    if len(password) < SHORTEST_PASSWORD:
        fail(choose(*BAD_PASSWORD), 2)
    return name, password


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _asked_administrator() -> tuple[str, str]:
    """Name and password typed in a terminal, asked for until they can be used."""
    if not _is_terminal():
        fail(choose(*NO_ADMIN), 2)
    name = password = ""
    while SIGN_IN_NAME.fullmatch(name) is None:
        if name:
            click.echo(choose(*BAD_NAME))
        name = click.prompt(choose("Sign-in name of the first administrator", "首位管理员的登录名"))
    while len(password) < SHORTEST_PASSWORD:
        if password:
            click.echo(choose(*BAD_PASSWORD))
        password = click.prompt(
            choose(
                f"Password ({SHORTEST_PASSWORD} characters or more)", f"密码(至少 {SHORTEST_PASSWORD} 个字符)"
            ),
            hide_input=True,
            confirmation_prompt=choose("Password again", "再次输入密码"),
        )
    return name, password


def _first_administrator() -> None:
    name, password = _named_administrator() or _asked_administrator()
    province = db.session.execute(select(Unit).where(Unit.level == "province")).scalar_one()
    with write("accounts.first_administrator", SYSTEM) as w:
        user = accounts.add_user(
            w,
            username=name,
            name=name,
            password_hash=hash_password(password),
            unit=province,
            must_change_password=False,
        )
        accounts.grant_role(w, user=user, role=Role.PROVINCE_ADMIN, unit=province)


def install(app: Flask) -> None:
    """Add the commands."""

    @app.cli.command("init")
    @click.option("--empty", is_flag=True, help="Ask for the first administrator (no demo data follows).")
    def init(empty: bool) -> None:
        """Make keys and tables and load units and catalogues. Safe to run again."""
        refuse_lost_keys(current_app.config["INSTANCE"])
        make_keys(current_app._get_current_object())  # type: ignore[attr-defined]
        migrate()
        load_catalogues()
        if empty and db.session.execute(select(User.id).limit(1)).scalar() is None:
            _first_administrator()
        click.echo(choose("Ready.", "已就绪。"))
