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
    """A line of the menu. `key` is the letter that opens it after `g`; `group` is the heading above it;
    `also` are endpoints of other addresses that belong to the line."""

    endpoint: str
    label: str
    icon: str
    permission: Permission
    key: str = ""
    group: str = ""
    also: tuple[str, ...] = ()


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
_VOLUNTEERS = N_("Volunteering")
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
    NavItem(
        "people.people", N_("People"), "people", Permission.PERSON_VIEW, "p", _TRAINING, ("desk.person",)
    ),
    NavItem("volunteers.volunteers", N_("Volunteers"), "heart", Permission.VOLUNTEER_VIEW, "v", _VOLUNTEERS),
    NavItem("volunteers.sign_ups", N_("Applications"), "bell", Permission.VOLUNTEER_VIEW, "", _VOLUNTEERS),
    NavItem("volunteers.teams", N_("Teams"), "people", Permission.VOLUNTEER_VIEW, "", _VOLUNTEERS),
    NavItem(
        "volunteers.activities",
        N_("Activities"),
        "calendar",
        Permission.VOLUNTEER_VIEW,
        "a",
        _VOLUNTEERS,
        (
            "volunteers.shift",
            "volunteers.book",
            "volunteers.check_in",
            "volunteers.check_in_code",
            "volunteers.swap_booking",
            "volunteers.withdraw_booking",
        ),
    ),
    NavItem("volunteers.service_entries", N_("Hours"), "clock", Permission.VOLUNTEER_VIEW, "s", _VOLUNTEERS),
    NavItem("volunteers.star_awards", N_("Recognition"), "star", Permission.VOLUNTEER_VIEW, "", _VOLUNTEERS),
    NavItem("volunteers.call_out", N_("Call-out list"), "hand", Permission.VOLUNTEER_VIEW, "", _VOLUNTEERS),
    NavItem("indicators.board", N_("Figures"), "chart", Permission.FIGURE_VIEW, "i", _FIGURES),
    NavItem("audit.journal", N_("Journal"), "journal", Permission.JOURNAL_VIEW, "j", _FIGURES),
    NavItem("accounts.units", N_("Units"), "tree", Permission.UNIT_VIEW, "u", _SETUP),
    NavItem("accounts.users", N_("Users"), "user", Permission.USER_MANAGE, "", _SETUP),
    NavItem("accounts.settings", N_("Settings"), "settings", Permission.SETTING_VIEW, "", _SETUP),
)


def known(endpoint: str) -> bool:
    """Whether the application has this endpoint; what is not built yet is never linked."""
    return endpoint in current_app.view_functions


def menu(actor: Actor, items: tuple[NavItem, ...] = NAVIGATION) -> list[NavLink]:
    """The lines the actor may open, one of them marked as where the request is."""
    reachable = [
        (item, url_for(item.endpoint))
        for item in items
        if known(item.endpoint) and actor.may(item.permission)
    ]
    here = _current(reachable)
    return [
        NavLink(
            url,
            gettext(item.label),
            item.icon,
            item.key,
            gettext(item.group) if item.group else "",
            item is here,
        )
        for item, url in reachable
    ]


def menu_key(actor: Actor, items: tuple[NavItem, ...] = NAVIGATION) -> tuple[str, ...]:
    """What the menu depends on besides the language: its lines, and then where the request is. Empty when
    there is no line."""
    views = current_app.view_functions
    lines = [item.endpoint for item in items if item.endpoint in views and actor.may(item.permission)]
    rule = request.url_rule
    here = request.path if rule is None else f"{request.endpoint} {rule.rule}"
    return (*lines, here) if lines else ()


def _current(reachable: list[tuple[NavItem, str]]) -> NavItem | None:
    """The line that names the endpoint, else the longest address above it, else the register's first line."""
    for item, _ in reachable:
        if request.endpoint == item.endpoint or request.endpoint in item.also:
            return item
    above = [(item, url) for item, url in reachable if url != "/" and _holds(url, request.path)]
    if above:
        return max(above, key=lambda pair: len(pair[1]))[0]
    if request.blueprint == "accounts":
        return None  # One's own profile belongs to no line of the menu.
    return next((item for item, _ in reachable if item.endpoint.split(".")[0] == request.blueprint), None)


def _holds(url: str, path: str) -> bool:
    return path.startswith(url.rstrip("/") + "/")
