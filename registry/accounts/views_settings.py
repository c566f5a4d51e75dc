"""What this installation has chosen, what is still to confirm, and how it came to be."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import Any

from flask import abort, current_app, g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.accounts.blueprint import blueprint
from registry.accounts.commands_settings import change_setting as change_setting_command
from registry.accounts.forms_units import setting_form
from registry.accounts.models import SettingValue
from registry.accounts.queries_settings import chosen_values, setting_history
from registry.accounts.settings import DEFINITIONS, SettingDef, definition_of, setting
from registry.core.db import db
from registry.core.permissions import Permission
from registry.web.columns import Status
from registry.web.guard import permit
from registry.web.locale import translate
from registry.web.submit import submit


def shown(definition: SettingDef, value: Any) -> str:
    """A value in the words of the page."""
    names: dict[str, str] = {key: translate(label) for key, label in definition.choices}
    if definition.kind == "yes_no":
        return str(_("yes") if value else _("no"))
    if definition.kind == "number":
        return f"{value:,}"
    if isinstance(value, list):
        return str(_(", ")).join(names.get(str(one), str(one)) for one in value) or str(_("none"))
    return names.get(value, str(value)) or str(_("none"))


def _state(definition: SettingDef, chosen: SettingValue | None) -> Status | None:
    if chosen is not None and chosen.confirmed:
        return Status("good", _("confirmed"))
    return Status("wait", _("to confirm")) if definition.to_confirm else None


def _may_edit() -> bool:
    return bool(g.actor.may(Permission.SETTING_EDIT))


@blueprint.get("/settings")
@permit(Permission.SETTING_VIEW)
def settings() -> ResponseReturnValue:
    """Every setting with its value, its default and whether it is confirmed."""
    chosen = chosen_values(db.session())
    groups = [
        (
            name,
            [
                (
                    definition,
                    shown(definition, setting(db.session(), definition.key)),
                    shown(definition, definition.default),
                    _state(definition, chosen.get(definition.key)),
                )
                for definition in part
            ],
        )
        for name, part in groupby(DEFINITIONS, key=attrgetter("group"))
    ]
    return render_template("accounts/settings.html", groups=groups, may_edit=_may_edit())


@blueprint.get("/settings/<key>")
@permit(Permission.SETTING_VIEW)
def setting_values(key: str) -> ResponseReturnValue:
    """One setting with every value it had."""
    definition = definition_of(key) or abort(404)
    history = [
        (entry.at, user.name if user is not None else _("the system"), shown(definition, row.value), row)
        for row, entry, user in db.session.execute(setting_history(key))
    ]
    return render_template(
        "accounts/setting_values.html",
        definition=definition,
        value=shown(definition, setting(db.session(), key)),
        default=shown(definition, definition.default),
        state=_state(definition, chosen_values(db.session()).get(key)),
        history=history,
        may_edit=_may_edit() and definition.editable,
    )


@blueprint.route("/settings/<key>/change", methods=["GET", "POST"])
@permit(Permission.SETTING_EDIT)
def change_setting(key: str) -> ResponseReturnValue:
    """Choose another value."""
    definition = definition_of(key) or abort(404)
    public_url = current_app.config["PUBLIC_URL"]
    form = setting_form(definition, setting(db.session(), key), public_url)
    possible = definition.editable and (definition.kind != "address" or bool(public_url))
    if possible and form.validate_on_submit():
        done = submit(
            form,
            change_setting_command,
            key=key,
            value=form["value"].data,
            source=form["source"].data or "",
            confirmed=form["confirmed"].data,
            locate=lambda _row: url_for("accounts.setting_values", key=key),
            saved=_("The setting is changed. It holds from now on."),
        )
        if done is not None:
            return done
    return render_template(
        "accounts/change_setting.html",
        form=form,
        definition=definition,
        possible=possible,
        default=shown(definition, definition.default),
    )
