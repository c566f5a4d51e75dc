"""Values of tables as HTML. Lists have hundreds of cells, so they are written here and not by macros."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext
from markupsafe import Markup, escape

from registry.core.clock import local
from registry.core.i18n import Message
from registry.web.columns import Link, Status
from registry.web.icons import icon_svg
from registry.web.locale import translate

STATUS_ICONS = {"good": "check", "wait": "clock", "info": "info", "bad": "cross", "off": "minus"}
NONE = Markup('<span class="none">—</span>')


def status_html(kind: str, label: Any, icon: str | None = None) -> Markup:
    """A state by word, icon and colour. Kinds: good, wait, info, bad, off."""
    drawn = icon_svg(icon or STATUS_ICONS[kind], 14)
    return Markup(f'<span class="status status-{kind}">{drawn}{escape(label)}</span>')  # noqa: S704 - escaped.


def cell_html(value: Any) -> Markup:
    """A value of a table or a definition list: text, number, date, Link, Status, Message or None."""
    if value is None or value == "":
        return NONE
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, Link):
        return Markup(f'<a href="{escape(value.url)}">{escape(value.text)}</a>')  # noqa: S704 - escaped.
    if isinstance(value, Status):
        return status_html(value.kind, _said(value.label))
    if isinstance(value, bool):
        return escape(gettext("yes") if value else gettext("no"))
    if isinstance(value, datetime):
        text = local(value).strftime("%Y-%m-%d %H:%M")
        return Markup(f'<time datetime="{value.isoformat()}">{text}</time>')  # noqa: S704 - digits only.
    if isinstance(value, date):
        text = value.isoformat()
        return Markup(f'<time datetime="{text}">{text}</time>')  # noqa: S704 - digits only.
    if isinstance(value, int | float | Decimal):
        return Markup(f"{value:,}")  # noqa: S704 - digits and separators only.
    return escape(_said(value))


def _said(value: Any) -> Any:
    return translate(value) if isinstance(value, Message) else value


def table_rows(rows: Sequence[Any], columns: Sequence[Any], *, tick: bool) -> Markup:
    """The body of a list: a row per record, each cell with the heading it has on a narrow screen."""
    heads = [(escape(str(column.label)), column.css) for column in columns]
    parts: list[str] = []
    for row in rows:
        parts.append("<tr>")
        if tick:
            told = escape(gettext("Select %(row)s", row=str(row.cells[0])))
            parts.append(
                f'<td class="tick"><input type="checkbox" class="form-check-input" name="ids" '
                f'value="{escape(row.id)}" aria-label="{told}"></td>'
            )
        for value, (label, css) in zip(row.cells, heads, strict=True):
            classes = f"{css} without".strip() if value is None or value == "" else css
            attribute = f' class="{classes}"' if classes else ""
            parts.append(f'<td{attribute} data-label="{label}">{cell_html(value)}</td>')
        parts.append("</tr>")
    return Markup("".join(parts))  # noqa: S704 - every piece was escaped above.
