"""The left menu: one line per register, shown only when its endpoint exists and the actor may open it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_babel import gettext

from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.scope import Actor


@dataclass(frozen=True)
class NavItem:
    """A line of the menu. `key` is the letter that opens it after `g`; `group` is the heading above it."""

    endpoint: str
    label: str
    icon: str
    permission: Permission
    key: str = ""
    group: str = ""


@dataclass(frozen=True)
class NavLink:
    """A line as the page shows it; `current` marks where the reader is."""

    url: str
    label: str
    icon: str
    key: str
    group: str
    current: bool


_TRAINING = N_("Training")
_FIGURES = N_("Figures and audit")
_SETUP = N_("Administration")

NAVIGATION: tuple[NavItem, ...] = (
    NavItem("desk.today", N_("Today"), "home", Permission.DESK, "h"),
    NavItem("training.courses", N_("Courses"), "course", Permission.COURSE_VIEW, "t", _TRAINING),
    NavItem(
        "certificates.certificates",
        N_("Certificates"),
        "certificate",
        Permission.CERTIFICATE_VIEW,
        "c",
        _TRAINING,
    ),
    NavItem(
        "certificates.batches", N_("Issue batches"), "stack", Permission.CERTIFICATE_VIEW, "b", _TRAINING
    ),
    NavItem("people.people", N_("People"), "people", Permission.PERSON_VIEW, "p", _TRAINING),
    NavItem("indicators.indicators", N_("Figures"), "chart", Permission.FIGURE_VIEW, "i", _FIGURES),
    NavItem("audit.journal", N_("Journal"), "journal", Permission.JOURNAL_VIEW, "j", _FIGURES),
    NavItem("accounts.units", N_("Units"), "tree", Permission.UNIT_VIEW, "u", _SETUP),
    NavItem("accounts.users", N_("Users"), "user", Permission.USER_MANAGE, "", _SETUP),
    NavItem("accounts.settings", N_("Settings"), "settings", Permission.SETTING_VIEW, "", _SETUP),
)


def known(endpoint: str) -> bool:
    """Whether the application has this endpoint; what is not built yet is never linked."""
    return endpoint in current_app.view_functions


def menu(actor: Actor, items: tuple[NavItem, ...] = NAVIGATION) -> list[NavLink]:
    """The lines the actor may open. Current is the longest address that the request's path starts with."""
    reachable = [
        (item, url_for(item.endpoint))
        for item in items
        if known(item.endpoint) and actor.may(item.permission)
    ]
    here = max((url for _, url in reachable if _holds(url, request.path)), key=len, default=None)
    return [
        NavLink(
            url,
            gettext(item.label),
            item.icon,
            item.key,
            gettext(item.group) if item.group else "",
            url == here,
        )
        for item, url in reachable
    ]


def _holds(url: str, path: str) -> bool:
    return path == url or path.startswith(url.rstrip("/") + "/" if url != "/" else "\0")
