"""`flask demo load | reset | sign-ins`."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select, text

from launch.messages import choose
from registry.accounts.models import User
from registry.accounts.settings import is_demo
from registry.cli import setup
from registry.cli.refusals import fail
from registry.core.db import Base, db
from registry.demo.load import PASSWORD, demo_sign_ins, load_demo


def install(app: Flask) -> None:
    """Add the commands."""
    group = AppGroup("demo", help="Invented data to try the registry with.")
    app.cli.add_command(group)

    @group.command("load")
    def load() -> None:
        """Load the demo data into an installation without users."""
        if db.session.execute(select(User.id).limit(1)).scalar() is not None:
            fail("There are users already, so no demo data was loaded.", 2)
        load_demo(db.session(), click.echo)
        click.echo(choose("Demo data loaded.", "演示数据已载入。"))

    @group.command("reset")
    def reset() -> None:
        """Throw the demo data away and load it anew. Refused where the data is not the demo's."""
        if not _is_demo_or_empty():
            fail("This installation holds real data; nothing was changed.", 2)
        db.session.remove()
        with db.engine.begin() as connection:
            Base.metadata.drop_all(connection)
            connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        setup.migrate()
        setup.load_catalogues()
        load_demo(db.session(), click.echo)
        click.echo(choose("Demo data loaded.", "演示数据已载入。"))

    @group.command("sign-ins")
    def sign_ins() -> None:
        """Print who can sign in to the demo; nothing where the data is not the demo's."""
        if not is_demo(db.session()):
            return
        click.echo(f"演示账号(密码均为 {PASSWORD}) / Demo sign-ins (password {PASSWORD}):")
        for username, name in demo_sign_ins(db.session()):
            click.echo(f"  {username:<10} {name}")


def _is_demo_or_empty() -> bool:
    session = db.session()
    return is_demo(session) or session.execute(select(User.id).limit(1)).scalar() is None
