"""Users and their roles, for administrators within their reach."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts import commands, commands_users
from registry.accounts.blueprint import blueprint
from registry.accounts.forms import EmptyForm
from registry.accounts.forms_users import (
    AddUserForm,
    UserFilters,
    UserForm,
    chosen_unit,
)
from registry.accounts.models import RoleGrant, User
from registry.accounts.queries_users import grants_of, holding
from registry.accounts.queries_users import users as users_within
from registry.accounts.step_up import ask_password, recently_confirmed
from registry.core import clock
from registry.core.db import db
from registry.core.passwords import generate_password, hash_password
from registry.core.permissions import ROLE_NAMES, Permission, Role
from registry.core.secrets import current_keys, seal, unseal
from registry.core.write import Command
from registry.web.columns import Column, Link, Status
from registry.web.forms import BaseForm
from registry.web.guard import permit
from registry.web.listing import Listing
from registry.web.load import load
from registry.web.locale import local_name, translate
from registry.web.submit import submit

# In the administrator's cookie until the next page: the initial password, shown once.
_SHOWN_ONCE = "initial_password"


def _role_names(joined: str | None) -> str:
    held = set((joined or "").split(","))
    return str(_(", ")).join(translate(ROLE_NAMES[role]) for role in Role if role.value in held)


def _state(user: User) -> Status:
    return Status("good", _("active")) if user.active else Status("off", _("disabled"))


USERS = Listing(
    key="accounts.users",
    identity=User.id,
    row_id=lambda row: row.User.id,
    columns=(
        Column(
            "username",
            _l("Sign-in name"),
            sort=User.username,
            value=lambda row: Link(url_for("accounts.user", id=row.User.id), row.User.username),
        ),
        Column("name", _l("Name"), sort=User.name, value=lambda row: row.User.name),
        Column("unit", _l("Unit of the user"), value=lambda row: local_name(row.Unit)),
        Column("roles", _l("Roles today"), value=lambda row: _role_names(row.roles)),
        Column("state", _l("State"), sort=User.active, value=lambda row: _state(row.User)),
        Column(
            "second_factor",
            _l("Second factor"),
            value=lambda row: _("yes") if row.User.totp_secret else _("no"),
            default_visible=False,
        ),
    ),
    filters=UserFilters,
    default_sort="username",
    title=_l("Users"),
)


@blueprint.get("/users")
@permit(Permission.USER_MANAGE)
def users() -> ResponseReturnValue:
    """Users whose home unit lies within reach."""
    asked = USERS.read(request.args, current_user.id)
    today = clock.today()
    rows = users_within(g.scope, today)
    if "unit" in asked.filters:
        rows = rows.where(User.home_unit_id == int(asked.filters["unit"]))
    if "state" in asked.filters:
        rows = rows.where(User.active.is_(asked.filters["state"] == "active"))
    if "role" in asked.filters:
        rows = holding(rows, asked.filters["role"], today)
    if asked.export:
        return asked.download(db.session(), rows)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("No user fits"),
        empty_hint=_("Add one, or take a filter away."),
        empty_action=(_l("Add a user"), "accounts.add_user"),
    )
    return render_template("accounts/users.html", page=page)


@blueprint.get("/users/<int:id>")
@permit(Permission.USER_MANAGE)
def user(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address.
    """One user with every role he has or had."""
    record = load(User, id)
    today = clock.today()
    rows = [
        (grant, unit, _grant_state(grant), translate(ROLE_NAMES[Role(grant.role)]), _is_open(grant))
        for grant, unit in db.session.execute(grants_of(record.id))
    ]
    return render_template(
        "accounts/user.html",
        user=record,
        unit=chosen_unit(str(record.home_unit_id)),
        state=_state(record),
        grants=rows,
        today=today,
        is_self=record.id == current_user.id,
        password=_take_shown_once(record.id),
    )


def _grant_state(grant: RoleGrant) -> Status:
    today = clock.today()
    if grant.ends_on is not None and grant.ends_on <= today:
        return Status("off", _("ended"))
    if grant.starts_on > today:
        return Status("wait", _("not yet in force"))
    return Status("good", _("in force"))


def _is_open(grant: RoleGrant) -> bool:
    return grant.ends_on is None or grant.ends_on > clock.today()


@blueprint.route("/users/add", methods=["GET", "POST"])
@permit(Permission.USER_MANAGE)
def add_user() -> ResponseReturnValue:
    """Add someone who signs in; the initial password is shown once."""
    form = AddUserForm()
    if form.validate_on_submit():
        done = _submit_with_password(
            form,
            commands.add_user,
            username=form.username.data,
            name=form.name.data,
            unit=chosen_unit(form.unit.data),
            role=Role(form.role.data) if form.role.data else None,
            saved=_("The user is added."),
        )
        if done is not None:
            return done
    return render_template("accounts/add_user.html", form=form)


@blueprint.route("/users/<int:id>/edit", methods=["GET", "POST"])
@permit(Permission.USER_MANAGE)
def edit_user(id: int) -> ResponseReturnValue:  # noqa: A002
    """Correct the name, or move the user to another home unit."""
    record = load(User, id)
    form = UserForm(name=record.name, unit=str(record.home_unit_id))
    if form.validate_on_submit():
        done = submit(
            form,
            commands_users.edit_user,
            user=record,
            name=form.name.data,
            unit=chosen_unit(form.unit.data),
            locate=lambda made: url_for("accounts.user", id=made.id),
            saved=_("Saved."),
        )
        if done is not None:
            return done
    return render_template("accounts/edit_user.html", form=form, user=record)


@blueprint.route("/users/<int:id>/disable", methods=["GET", "POST"])
@permit(Permission.USER_MANAGE)
def disable_user(id: int) -> ResponseReturnValue:  # noqa: A002
    """Shut a user out."""
    return _ask(id, "disable_user", commands_users.disable_user, _("The user is disabled and signed out."))


@blueprint.route("/users/<int:id>/enable", methods=["GET", "POST"])
@permit(Permission.USER_MANAGE)
def enable_user(id: int) -> ResponseReturnValue:  # noqa: A002
    """Let a disabled user in again."""
    return _ask(id, "enable_user", commands_users.enable_user, _("The user may sign in again."))


@blueprint.route("/users/<int:id>/second-factor/reset", methods=["GET", "POST"])
@permit(Permission.USER_MANAGE)
def reset_second_factor(id: int) -> ResponseReturnValue:  # noqa: A002
    """Take a lost second factor away."""
    if not recently_confirmed():
        return ask_password()
    return _ask(
        id, "reset_second_factor", commands_users.reset_second_factor, _("The second factor is taken away.")
    )


@blueprint.route("/users/<int:id>/password/reset", methods=["GET", "POST"])
@permit(Permission.USER_MANAGE)
def reset_password(id: int) -> ResponseReturnValue:  # noqa: A002
    """Give a new initial password, shown once."""
    if not recently_confirmed():
        return ask_password()
    record = load(User, id)
    form = EmptyForm()
    if form.validate_on_submit():
        done = _submit_with_password(
            form, commands_users.reset_password, user=record, saved=_("A new initial password is set.")
        )
        if done is not None:
            return done
    return render_template("accounts/ask_user.html", form=form, user=record, verb="reset_password")


def _ask(user_id: int, name: str, verb: Command[Any, User], saved: str) -> ResponseReturnValue:
    """A question without fields about one user, and what is done on yes."""
    record = load(User, user_id)
    form = EmptyForm()
    if form.validate_on_submit():
        done = submit(
            form,
            verb,
            user=record,
            locate=lambda made: url_for("accounts.user", id=made.id),
            saved=saved,
        )
        if done is not None:
            return done
    return render_template("accounts/ask_user.html", form=form, user=record, verb=name)


def _submit_with_password(
    form: BaseForm, verb: Command[Any, User], *, saved: str, **values: Any
) -> ResponseReturnValue | None:
    """Submit with a new initial password, which the page of the user then shows once."""
    password = generate_password()
    made: list[int] = []

    def locate(user: User) -> str:
        made.append(user.id)
        return url_for("accounts.user", id=user.id)

    done = submit(form, verb, password_hash=hash_password(password), locate=locate, saved=saved, **values)
    # Nothing was made when the same form came twice: the password of the first time holds.
    if done is not None and made:
        session[_SHOWN_ONCE] = [made[0], seal(current_keys().field_cipher, password)]
    return done


def _take_shown_once(user_id: int) -> str | None:
    held = session.pop(_SHOWN_ONCE, None)
    return unseal(current_keys().field_cipher, held[1]) if held and held[0] == user_id else None
