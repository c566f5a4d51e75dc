"""Parts of pages that are drawn once: `{% call keep(key, …) %}…{% endcall %}`.

The frame of a page and the tools of a list are the same for everybody with the same rights, and drawing
them takes longer than the records shown in them. A kept part depends on nothing but its key. What differs
from request to request inside it is a hole, `{{ hole.csrf }}`, filled whenever the part is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from secrets import token_hex

from flask import Flask, request
from jinja2 import Environment
from markupsafe import Markup, escape

# Beyond this many parts all are forgotten; an address with ever new parameters must not fill the memory.
MOST_PARTS = 1_000
# Nothing that people type can be taken for a hole.
_SECRET = token_hex(16)
_HOLE = re.compile(f"{_SECRET}-([a-z]+);")


def _back() -> str:
    return request.full_path if request.method == "GET" else "/"


def _searched() -> str:
    return request.form.get("q", "") if request.endpoint == "desk.search" else ""


class Keeper:
    """The parts one application keeps; none while templates are being written."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.parts: dict[Hashable, list[str]] = {}
        self.holes: dict[str, Callable[[], str]] = {
            "back": _back,
            "csrf": lambda: environment.globals["csrf_token"](),  # type: ignore[operator]
            "searched": _searched,
        }

    def keep(self, *key: Hashable, caller: Callable[[], str]) -> Markup:
        """The part of this key, with its holes filled."""
        pieces = self.parts.get(key) or self._draw(key, caller)
        if len(pieces) == 1:
            return Markup(pieces[0])  # noqa: S704 - drawn by a template.
        names = pieces[1::2]
        fillings = {name: escape(self.holes[name]()) for name in set(names)}
        filled = list(pieces)
        filled[1::2] = [fillings[name] for name in names]
        return Markup("".join(filled))  # noqa: S704 - drawn by a template, the holes escaped.

    def _draw(self, key: Hashable, caller: Callable[[], str]) -> list[str]:
        drawn = str(caller())
        if f'value="{self.holes["csrf"]()}"' in drawn:
            raise RuntimeError(f"a form in a kept part needs a hole for its token: {key}")
        pieces = _HOLE.split(drawn)
        if not self.environment.auto_reload:
            if len(self.parts) >= MOST_PARTS:
                self.parts.clear()
            self.parts[key] = pieces
        return pieces


def install(app: Flask) -> None:
    """Give the templates `keep` and `hole`."""
    keeper = Keeper(app.jinja_env)
    holes = {name: Markup(f"{_SECRET}-{name};") for name in keeper.holes}  # noqa: S704 - no text of people.
    app.jinja_env.globals.update(keep=keeper.keep, hole=holes)
