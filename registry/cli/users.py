"""`flask user`: users and roles from the command line, for whoever runs the server."""

from __future__ import annotations

from typing import NoReturn

import click
from flask import Flask
from flask.cli import AppGroup
from sqlalchemy import select

from registry.accounts import commands, commands_users
from registry.accounts.models import RoleGrant, Unit, User
from registry.accounts.queries import unit_by_code, user_by_name
from registry.accounts.queries_users import LEVEL_OF, in_force
from registry.cli.setup import BAD_NAME, SIGN_IN_NAME
from registry.core import clock
from registry.core.db import db
from registry.core.errors import BusyError, RecordNotFoundError, RuleError, StorageError
from registry.core.passwords import generate_password, hash_password
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run

group = AppGroup("user", help="Add users, set passwords, give and end roles.")
_ROLES = click.Choice([role.value for role in Role])


def _stop(sentence: object) -> NoReturn:
    raise click.ClickException(str(sentence))


def _unit(code: str) -> Unit:
    try:
        return unit_by_code(db.session(), code)
    except RecordNotFoundError:
        _stop(f"There is no unit with the code {code}. Nothing was saved.")


def _user(username: str) -> User:
    user = user_by_name(db.session(), username)
    return user if user is not None else _stop(f"There is no user {username}. Nothing was saved.")


def _check_level(role: Role, unit: Unit) -> None:
    if LEVEL_OF.get(role, unit.level) != unit.level:
        _stop(f"{role.value} belongs to a unit of {LEVEL_OF[role]} level. Nothing was saved.")


@group.command("add")
@click.argument("username")
@click.option("--name", help="Name as others see it; else the sign-in name.")
@click.option("--unit", "code", required=True, help="GB code of the home unit.")
@click.option("--role", type=_ROLES, help="First role at that unit.")
def add(username: str, name: str | None, code: str, role: str | None) -> None:
    """Add someone who signs in; prints the initial password once."""
    if SIGN_IN_NAME.fullmatch(username) is None:
        _stop(f"{BAD_NAME[0]}. Nothing was saved.")
    unit = _unit(code)
    first = Role(role) if role else None
    if first is not None:
        _check_level(first, unit)
    password = generate_password()
    try:
        run(
            SYSTEM,
            commands.add_user,
            username=username,
            name=name or username,
            password_hash=hash_password(password),
            unit=unit,
            role=first,
        )
    except (RuleError, BusyError, StorageError) as error:
        _stop(error)
    click.echo(f"{username} is added. Initial password, to be changed at the first sign-in: {password}")


@group.command("password")
@click.argument("username")
def password(username: str) -> None:
    """Set a new initial password and end the sessions of the user; prints it once."""
    new = generate_password()
    try:
        run(SYSTEM, commands_users.reset_password, user=_user(username), password_hash=hash_password(new))
    except (RuleError, BusyError, StorageError) as error:
        _stop(error)
    click.echo(f"New initial password of {username}, to be changed at the next sign-in: {new}")


@group.command("second-factor")
@click.argument("username")
def second_factor(username: str) -> None:
    """Take a lost second factor away."""
    try:
        run(SYSTEM, commands_users.reset_second_factor, user=_user(username))
    except (RuleError, BusyError, StorageError) as error:
        _stop(error)
    click.echo(f"{username} signs in without a second factor until a new one is set up.")


@group.command("role")
@click.argument("username")
@click.argument("role", type=_ROLES, metavar="ROLE")
@click.option("--unit", "code", required=True, help="GB code of the unit the role is for.")
@click.option("--end", is_flag=True, help="End the role today instead of giving it.")
def role(username: str, role: str, code: str, end: bool) -> None:
    """Give a role at a unit, or end it."""
    user, unit, wanted = _user(username), _unit(code), Role(role)
    try:
        if end:
            run(
                SYSTEM,
                commands_users.end_role,
                grant=_grant(user, wanted, unit),
                user=user,
                ends_on=clock.today(),
            )
        else:
            _check_level(wanted, unit)
            run(SYSTEM, commands.grant_role, user=user, role=wanted, unit=unit)
    except (RuleError, BusyError, StorageError) as error:
        _stop(error)
    click.echo(f"{username}: {role} at {unit.name} {'ended' if end else 'given'}.")


def _grant(user: User, role: Role, unit: Unit) -> RoleGrant:
    found = db.session.execute(
        select(RoleGrant).where(
            RoleGrant.user_id == user.id,
            RoleGrant.role == role.value,
            RoleGrant.unit_id == unit.id,
            in_force(clock.today()),
        )
    ).scalar()
    return (
        found if found is not None else _stop(f"{user.username} does not hold this role. Nothing was saved.")
    )


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(group)
