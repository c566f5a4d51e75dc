"""Choosing the value of a setting."""

from __future__ import annotations

from typing import Any

from registry.accounts.models import SettingValue
from registry.accounts.settings import check_value, definition_of, forget_settings
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command


@command(Permission.SETTING_EDIT)
def change_setting(
    w: Write, *, key: str, value: Any, source: str = "", confirmed: bool = False
) -> SettingValue:
    """Choose a value from now on. Earlier values stay, so a past state can be shown as it was known.

    `source` says who decided it and where that stands; `confirmed` takes the "to confirm" mark away.
    """
    definition = definition_of(key)
    if definition is None:
        raise RecordNotFoundError("setting")
    if w.actor.scope(Permission.SETTING_EDIT).units is not None:
        raise ForbiddenError(w.action)  # A setting holds for everyone, so only the province chooses it.
    if not definition.editable and w.actor.user_id is not None:
        raise RuleError(N_("This setting cannot be changed here. Nothing was saved."))
    row = w.add(
        SettingValue(
            key=key,
            value=check_value(definition, value),
            confirmed=confirmed,
            source=source,
            known_seq=w.seq,
        )
    )
    forget_settings(w.session)
    return row
