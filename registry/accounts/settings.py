"""What an installation may choose. Every setting is defined here, with where its default comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import SettingValue
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.permissions import ROLE_NAMES, Role

_SIGN_IN = N_("Sign-in")
_PRIVACY = N_("Personal data")
_CERTIFICATES = N_("Certificates")
_WORK = N_("Running the site")


@dataclass(frozen=True)
class SettingDef:
    """A setting: its key, its default and where that comes from.

    `kind` is number, yes_no, choice, roles, mask or address. `to_confirm` marks a default that the branch
    still has to confirm. One that is not `editable` is written by the command line only.
    """

    key: str
    default: Any
    kind: str
    group: str
    label: str
    hint: str
    source: str
    to_confirm: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    least: int = 0
    most: int = 0
    editable: bool = True


DEFINITIONS: tuple[SettingDef, ...] = (
    SettingDef(
        "session_idle_minutes",
        30,
        "number",
        _SIGN_IN,
        N_("Minutes without use until sign-in ends"),
        N_("Counted from the last page opened."),
        N_("Customary for systems with personal data"),
        to_confirm=True,
        least=5,
        most=240,
    ),
    SettingDef(
        "session_absolute_hours",
        12,
        "number",
        _SIGN_IN,
        N_("Hours until sign-in ends in any case"),
        N_("Counted from the sign-in."),
        N_("One working day"),
        to_confirm=True,
        least=1,
        most=24,
    ),
    SettingDef(
        "password_policy",
        "mlps",
        "choice",
        _SIGN_IN,
        N_("Rule for passwords"),
        N_("The two standards contradict each other, so one has to be chosen."),
        N_("GB/T 22239-2019; the figures are customary"),
        to_confirm=True,
        choices=(
            ("mlps", N_("Graded protection: 10 characters, three kinds, changed every 90 days")),
            ("nist", N_("NIST SP 800-63B: 15 characters, no other rule")),
        ),
    ),
    SettingDef(
        "totp_roles",
        [],
        "roles",
        _SIGN_IN,
        N_("Roles that need a second factor"),
        N_("Who holds one of these sets up an authenticator app at the next sign-in."),
        N_("Level 3 of GB/T 22239-2019 asks for two factors; level 2 does not"),
        to_confirm=True,
        choices=tuple((role.value, ROLE_NAMES[role]) for role in Role),
    ),
    SettingDef(
        "masking",
        "6+4",
        "mask",
        _PRIVACY,
        N_("Characters of an ID number that lists show"),
        N_("From the front and from the end, for example 6+4."),
        N_("Practice varies: 6+4, 3+4, 4+4"),
        to_confirm=True,
    ),
    SettingDef(
        "certificate_second_person",
        True,
        "yes_no",
        _CERTIFICATES,
        N_("A batch is approved by someone else"),
        N_("Who prepared a batch of certificates may then not approve it."),
        N_("Separation of duties"),
        to_confirm=True,
    ),
    SettingDef(
        "public_url_confirmed",
        "",
        "address",
        _CERTIFICATES,
        N_("Public address confirmed"),
        N_("Where the QR code on certificates leads. Nothing is issued before it is confirmed."),
        N_("PUBLIC_URL of this installation"),
        to_confirm=True,
    ),
    SettingDef(
        "demo",
        False,
        "yes_no",
        _WORK,
        N_("Demo data"),
        N_("Set when the demo data are loaded; it cannot be changed here."),
        N_("The command line"),
        editable=False,
    ),
)  # fmt: skip
_BY_KEY = {definition.key: definition for definition in DEFINITIONS}


def definition_of(key: str) -> SettingDef | None:
    """The definition of a setting, or None when there is none of that name."""
    return _BY_KEY.get(key)


def setting(session: Session, key: str) -> Any:
    """The value of a setting now: the newest one chosen, else the default. KeyError for an unknown key.

    All settings are read with one statement per transaction, so a page or a write sees one state of them.
    """
    default = _BY_KEY[key].default
    kept = session.info.get("settings")
    if kept is None or kept[0] is not session.get_transaction():
        values = {
            row.key: row.value
            for row in session.execute(
                select(SettingValue.key, SettingValue.value)
                .where(SettingValue.void_seq.is_(None))
                .order_by(SettingValue.known_seq)
            )
        }
        kept = session.info["settings"] = (session.get_transaction(), values)
    return kept[1].get(key, default)


def forget_settings(session: Session) -> None:
    """Read the settings anew at the next `setting`; who writes one calls this."""
    session.info.pop("settings", None)


def is_demo(session: Session) -> bool:
    """Whether this installation holds demo data, which every page and document then says."""
    return bool(setting(session, "demo"))


def is_public_url_confirmed(session: Session, public_url: str) -> bool:
    """Whether the configured public address is set and is the very one that was confirmed."""
    return bool(public_url) and setting(session, "public_url_confirmed") == public_url


def check_value(definition: SettingDef, value: Any) -> Any:
    """The value as it is stored; RuleError (field `value`) when the setting cannot take it."""
    return _CHECKS[definition.kind](definition, value)


def _number(definition: SettingDef, value: Any) -> int:
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or not definition.least <= value <= definition.most
    ):
        raise RuleError(
            N_("Only a whole number from %(least)s to %(most)s is possible. Nothing was saved."),
            "value",
            least=definition.least,
            most=definition.most,
        )
    return value


def _yes_no(_definition: SettingDef, value: Any) -> bool:
    return bool(value)


def _choice(definition: SettingDef, value: Any) -> str:
    if value not in dict(definition.choices):
        raise RuleError(N_("This is not one of the choices. Nothing was saved; choose again."), "value")
    return str(value)


def _roles(definition: SettingDef, value: Any) -> list[str]:
    return [_choice(definition, one) for one in value]


def _mask(_definition: SettingDef, value: Any) -> str:
    if not re.fullmatch(r"[0-8]\+[0-8]", str(value)):
        raise RuleError(
            N_("Give two numbers from 0 to 8 with a plus sign, for example 6+4. Nothing was saved."), "value"
        )
    return str(value)


def _address(_definition: SettingDef, value: Any) -> str:
    if not re.fullmatch(r"https://[^\s/]+(/[^\s]*)?", str(value)):
        raise RuleError(
            N_("The public address has to begin with https://. Nothing was saved; set PUBLIC_URL first."),
            "value",
        )
    return str(value)


_CHECKS = {
    "number": _number,
    "yes_no": _yes_no,
    "choice": _choice,
    "roles": _roles,
    "mask": _mask,
    "address": _address,
}
