"""Values of tables as HTML. Lists have hundreds of cells, so they are written here and not by macros."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask_babel import gettext
from markupsafe import Markup, escape

from registry.core.clock import local
from registry.core.i18n import Message
from registry.web.columns import Link, Status
from registry.web.icons import icon_svg
from registry.web.locale import translate

if TYPE_CHECKING:
    from registry.web.listing_page import ListPage

STATUS_ICONS = {"good": "check", "wait": "clock", "info": "info", "bad": "cross", "off": "minus"}
# Stands for the name of a row where the words around it are translated once for all rows.
_HOLE = "\ue000"
NONE = Markup('<span class="none">—</span>')


def status_html(kind: str, label: Any, icon: str | None = None) -> Markup:
    """A state by word, icon and colour. Kinds: good, wait, info, bad, off."""
    drawn = icon_svg(icon or STATUS_ICONS[kind], 14)
    return Markup(f'<span class="status status-{kind}">{drawn}{escape(label)}</span>')  # noqa: S704 - escaped.


def cell_html(value: Any) -> Markup:
    """A value of a table or a definition list: text, number, date, Link, Status, Message or None."""
    return Markup(_drawn(value))  # noqa: S704 - escaped below.


def _drawn(value: Any) -> str:
    draw = _DRAWN.get(type(value))
    return draw(value) if draw is not None else escape(_said(value))


def _text(value: str) -> str:
    return escape(value) if value else NONE


def _link(value: Link) -> str:
    return f'<a href="{escape(value.url)}">{escape(value.text)}</a>'


def _bool(value: bool) -> str:
    return escape(gettext("yes") if value else gettext("no"))


def _stamp(value: datetime) -> str:
    return f'<time datetime="{value.isoformat()}">{local(value).strftime("%Y-%m-%d %H:%M")}</time>'


def _day(value: date) -> str:
    text = value.isoformat()
    return f'<time datetime="{text}">{text}</time>'


_DRAWN: dict[type, Callable[[Any], str]] = {
    str: _text,
    type(None): lambda _value: NONE,
    Link: _link,
    dict: lambda value: _link(Link(**value)),  # A template has no Link; it writes {url, text}.
    Status: lambda value: status_html(value.kind, _said(value.label)),
    bool: _bool,
    datetime: _stamp,
    date: _day,
    **dict.fromkeys((int, float, Decimal), lambda value: f"{value:,}"),
}


def _said(value: Any) -> Any:
    return translate(value) if isinstance(value, Message) else value


def table_rows(page: ListPage, *, tick: bool) -> Markup:
    """The body of a list: a row per record, each cell with the heading it has on a narrow screen."""
    opened = [_opened(column.css, page.labels[column.key]) for column in page.columns]
    # Many rows have the same unit, the same day and the same state.
    texts: dict[str, str] = {}
    days: dict[date, str] = {}
    statuses: dict[int, str] = {}
    parts: list[str] = []
    before, _hole, after = str(escape(gettext("Select %(row)s", row=_HOLE))).partition(_HOLE)
    for row in page.rows:
        parts.append("<tr>")
        if tick:
            name = str(row.cells[0])
            if name not in texts:
                texts[name] = escape(name)
            number = row.id if type(row.id) is int else escape(row.id)
            parts.append(
                f'<td class="tick"><input type="checkbox" class="form-check-input" name="ids" '
                f'value="{number}" aria-label="{before}{texts[name]}{after}"></td>'
            )
        for value, (filled, empty) in zip(row.cells, opened, strict=True):
            kind = type(value)
            if kind is str and value:
                if value not in texts:
                    texts[value] = escape(value)
                parts += (filled, texts[value], "</td>")
            elif kind is Link:
                parts += (filled, _link(value), "</td>")
            elif kind is date:
                if value not in days:
                    days[value] = _day(value)
                parts += (filled, days[value], "</td>")
            elif kind is Status:
                if id(value) not in statuses:
                    statuses[id(value)] = _drawn(value)
                parts += (filled, statuses[id(value)], "</td>")
            elif value is None or value == "":
                parts += (empty, NONE, "</td>")
            else:
                parts += (filled, _drawn(value), "</td>")
        parts.append("</tr>")
    return Markup("".join(parts))  # noqa: S704 - every piece was escaped above.


def _opened(css: str, label: str) -> tuple[str, str]:
    """The opening tag of a cell with a value, and of one without."""
    told = f'data-label="{escape(label)}">'
    filled = f'<td class="{css}" {told}' if css else f"<td {told}"
    return filled, f'<td class="{f"{css} without".strip()}" {told}'
