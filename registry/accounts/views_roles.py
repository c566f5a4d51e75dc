"""Giving and ending the roles of a user."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.accounts import commands, commands_users
from registry.accounts.blueprint import blueprint
from registry.accounts.forms_users import EndRoleForm, GrantRoleForm, chosen_unit
from registry.accounts.models import RoleGrant, User
from registry.core import clock
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import ROLE_NAMES, Permission, Role
from registry.web.guard import permit
from registry.web.load import load
from registry.web.locale import translate
from registry.web.submit import submit


@blueprint.route("/users/<int:id>/roles/grant", methods=["GET", "POST"])
@permit(Permission.USER_MANAGE)
def grant_role(id: int) -> ResponseReturnValue:  # noqa: A002
    """Give a role at a unit."""
    record = load(User, id)
    form = GrantRoleForm(unit=str(record.home_unit_id))
    if form.validate_on_submit():
        done = submit(
            form,
            commands.grant_role,
            user=record,
            role=Role(form.role.data),
            unit=chosen_unit(form.unit.data),
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            locate=lambda _grant: url_for("accounts.user", id=id),
            saved=_("The role is given. It holds from the next page the user opens."),
        )
        if done is not None:
            return done
    return render_template("accounts/grant_role.html", form=form, user=record)


@blueprint.route("/users/<int:id>/roles/<int:grant_id>/end", methods=["GET", "POST"])
@permit(Permission.USER_MANAGE)
def end_role(id: int, grant_id: int) -> ResponseReturnValue:  # noqa: A002
    """End a role, today or later."""
    record, grant = load(User, id), load(RoleGrant, grant_id)
    if grant.user_id != record.id:
        raise RecordNotFoundError("role_grant")
    form = EndRoleForm(today=clock.today())
    if form.validate_on_submit():
        done = submit(
            form,
            commands_users.end_role,
            grant=grant,
            user=record,
            ends_on=form.ends_on.data,
            locate=lambda _grant: url_for("accounts.user", id=id),
            saved=_("The role is ended."),
        )
        if done is not None:
            return done
    return render_template(
        "accounts/end_role.html",
        form=form,
        user=record,
        role=translate(ROLE_NAMES[Role(grant.role)]),
        unit=chosen_unit(str(grant.unit_id)),
    )
