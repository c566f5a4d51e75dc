"""What the templates of the interface kit know: filters, globals and how to install them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, flash, g, request, url_for

from registry.core.clock import local
from registry.core.scope import ANONYMOUS
from registry.web import keep
from registry.web.cells import cell_html, status_html, table_rows
from registry.web.forms import field_kind, new_form_key
from registry.web.guard import STATIC_ENDPOINTS
from registry.web.icons import icon_svg
from registry.web.locale import is_english, translate
from registry.web.navigation import NavLink, known, menu, menu_key

NOTHING = "—"
STATIC_TEXT = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")


@dataclass(frozen=True)
class Identity:
    """Who is signed in, as the user menu shows it."""

    name: str
    unit: str
    role: str


def install(app: Flask, identity: Callable[[], Identity | None]) -> None:
    """Give the templates their filters and globals. `identity` gives None when nobody is signed in."""
    filters: dict[str, Callable[..., Any]] = {
        "day": day,
        "stamp": stamp,
        "number": number,
        "yuan": yuan,
        "dash": dash,
        "say": translate,
        "field_kind": field_kind,
    }

    def navigation() -> list[NavLink]:
        return menu(g.get("actor", ANONYMOUS))

    def navigation_key() -> tuple[str, ...]:
        return menu_key(g.get("actor", ANONYMOUS))

    keep.install(app)
    app.after_request(_send_static_whole)
    app.jinja_env.filters.update(filters)
    app.jinja_env.tests["pair"] = _is_pair
    app.jinja_env.globals.update(
        field_kind=field_kind,
        bootstrap_version=bootstrap_version,
        navigation=navigation,
        navigation_key=navigation_key,
        place=place,
        identity=identity,
        known=known,
        asset=asset,
        locale_tag=locale_tag,
        theme=theme,
        density=density,
        new_form_key=new_form_key,
        cell_html=cell_html,
        status_html=status_html,
        table_rows=table_rows,
        icon_svg=icon_svg,
    )


def _send_static_whole(response: Response) -> Response:
    """Static text leaves in one piece, because pieces are not compressed for a browser on plain HTTP;
    an address with a version may be kept for a year."""
    if request.endpoint in STATIC_ENDPOINTS and response.status_code == 200:
        if response.is_streamed and response.mimetype in STATIC_TEXT:
            response.direct_passthrough = False
            response.set_data(response.get_data())
        if "v" in request.args:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def day(value: date | datetime | None) -> str:
    """A date as 2026-11-23; a stamp gives its day in Shanghai; None gives a dash."""
    if value is None:
        return NOTHING
    return (local(value).date() if isinstance(value, datetime) else value).isoformat()


def stamp(value: datetime | None) -> str:
    """A stamp as 2026-11-23 14:05 in Shanghai."""
    return NOTHING if value is None else local(value).strftime("%Y-%m-%d %H:%M")


def number(value: int | float | Decimal | None) -> str:
    """A number with thousands separators; None gives a dash."""
    return NOTHING if value is None else f"{value:,}"


def yuan(fen: int | None) -> str:
    """An amount in fen as yuan with two decimals."""
    return NOTHING if fen is None else f"{Decimal(fen) / 100:,.2f}"


def dash(value: object) -> object:
    """The value, or a dash when there is none. Zero and False are values."""
    return NOTHING if value is None or value == "" else value


def flash_undo(text: str, url: str) -> None:
    """Say quietly what was done and offer to undo it; `url` is a POST endpoint."""
    flash({"text": text, "undo": url})  # type: ignore[arg-type]


def locale_tag() -> str:
    """The language of the page for `<html lang>`: zh-CN or en."""
    return "en" if is_english() else "zh-CN"


def place() -> tuple[str, str]:
    """What every kept part depends on: the language of the page and where the application is mounted."""
    return locale_tag(), request.script_root


def theme() -> str:
    """The stored choice `light` or `dark`; empty means as the system prefers."""
    stored = request.cookies.get("theme", "")
    return stored if stored in ("light", "dark") else ""


def density() -> str:
    """The stored height of table rows: `compact`, or empty for the usual one."""
    return "compact" if request.cookies.get("density") == "compact" else ""


@lru_cache(maxsize=1)
def bootstrap_version() -> str:
    """The version of the package that brings Bootstrap, so that its address changes with it."""
    return version("bootstrap-flask")


def _is_pair(value: object) -> bool:
    return isinstance(value, (tuple, list))


def asset(filename: str) -> str:
    """The address of one of our static files, changing with its content so that it can be cached for long."""
    versions: dict[str, str] = current_app.extensions.setdefault("asset_versions", {})
    if filename not in versions or current_app.debug:
        path = Path(str(current_app.static_folder)) / filename
        versions[filename] = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    return url_for("static", filename=filename, v=versions[filename])
