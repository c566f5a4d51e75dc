"""Small line icons on a 16 unit grid, drawn for this project. Always decoration: the word stands beside them."""

# ruff: noqa: E501 - the path of an icon is one line.

from __future__ import annotations

from functools import cache

from markupsafe import Markup

PATHS = {
    "home": "M2.5 7.5 8 3l5.5 4.5M4 6.5V13h8V6.5M6.75 13V9.5h2.5V13",
    "course": "M2.5 3.5h11v7h-11zM8 10.5v2.5M5.5 13h5M5 6h4M5 8h6",
    "certificate": "M2.5 3.5h11v7h-5M2.5 3.5v7H4M5 6h6M6.25 11.5a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5zM5.25 11v3l1-.75 1 .75v-3",
    "stack": "M8 2.5 2.5 5.5 8 8.5l5.5-3zM2.5 8 8 11l5.5-3M2.5 10.5l5.5 3 5.5-3",
    "people": "M6 7.5a2.25 2.25 0 1 0 0-4.5 2.25 2.25 0 0 0 0 4.5zM2 13c0-2.5 1.75-4 4-4s4 1.5 4 4M10.5 3.25a2.25 2.25 0 0 1 0 4M11.5 9.25c1.5.5 2.5 1.75 2.5 3.75",
    "user": "M8 7.5A2.5 2.5 0 1 0 8 2.5a2.5 2.5 0 0 0 0 5zM3 13.5C3 10.75 5.25 9 8 9s5 1.75 5 4.5",
    "chart": "M2.5 2.5v11h11M5.5 11V8M8.5 11V4.5M11.5 11V6.5",
    "journal": "M3.5 2.5h9v11h-9zM6 5.5h4M6 8h4M6 10.5h2.5",
    "tree": "M6 2.5h4V5H6zM2.5 10.5h4V13h-4zM9.5 10.5h4V13h-4zM8 5v2.75M4.5 10.5V7.75h7v2.75",
    "settings": "M3 4.5h5M11 4.5h2M3 8h2M8 8h5M3 11.5h6M12 11.5h1M9.5 3v3M6.5 6.5v3M10.5 10v3",
    "search": "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.25 10.25l3.25 3.25",
    "plus": "M8 3v10M3 8h10",
    "minus": "M3 8h10",
    "check": "M3 8.5l3.25 3.25L13 5",
    "cross": "M4 4l8 8M12 4l-8 8",
    "warning": "M8 2.5 14 13H2zM8 6.5V9.5M8 11.25v.25",
    "info": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.25V11M8 5v.25",
    "clock": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.75V8l2.25 1.5",
    "ban": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM3.75 3.75l8.5 8.5",
    "swap": "M3 6h9.5M10 3.5 12.5 6 10 8.5M13 11H3.5M6 8.5 3.5 11 6 13.5",
    "download": "M8 2.5v7.5M5 7.25 8 10.25l3-3M2.5 13.5h11",
    "upload": "M8 10.5V3M5 5.75 8 2.75l3 3M2.5 13.5h11",
    "print": "M4.5 6V2.5h7V6M4.5 11.5h-2V6h11v5.5h-2M4.5 9.5h7v4h-7z",
    "filter": "M2.5 3.5h11L9.5 8.5v4.25l-3-1.5V8.5z",
    "columns": "M2.5 3h11v10h-11zM6.25 3v10M9.75 3v10",
    "refresh": "M13 4v3h-3M13 7a5.25 5.25 0 1 0 .25 2.5",
    "rows": "M2.5 4h11M2.5 6.75h11M2.5 9.5h11M2.5 12.25h11",
    "down": "M4 6.25l4 4 4-4",
    "right": "M6.25 4l4 4-4 4",
    "left": "M9.75 4l-4 4 4 4",
    "up": "M4 9.75l4-4 4 4",
    "out": "M9.5 2.5h-6v11h6M7 8h7M11.5 5.5 14 8l-2.5 2.5",
    "sun": "M8 10.75a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5zM8 1.75V3M8 13v1.25M1.75 8H3M13 8h1.25M3.5 3.5l1 1M11.5 11.5l1 1M12.5 3.5l-1 1M4.5 11.5l-1 1",
    "moon": "M13 9.75A5.5 5.5 0 0 1 6.25 3 5.5 5.5 0 1 0 13 9.75z",
    "globe": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM2 8h12M8 2c2 2 2.5 4 2.5 6s-.5 4-2.5 6c-2-2-2.5-4-2.5-6S6 4 8 2z",
    "menu": "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
    "edit": "M10.5 3l2.5 2.5L6 12.5l-3.25.75L3.5 10zM9 4.5 11.5 7",
    "undo": "M5.5 3 2.75 5.75 5.5 8.5M3 5.75h6a3.75 3.75 0 0 1 0 7.5H6",
    "trash": "M3 4.5h10M6 4.5V3h4v1.5M4.25 4.5l.5 9h6.5l.5-9M6.75 7v4M9.25 7v4",
    "link": "M6.5 9.5l3-3M7 5l1.75-1.75a2.5 2.5 0 0 1 3.5 3.5L10.5 8.5M9 11l-1.75 1.75a2.5 2.5 0 0 1-3.5-3.5L5.5 7.5",
    "copy": "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
    "file": "M4 2.5h5l3 3v8H4zM9 2.5v3h3",
    "star": "M8 2.5l1.75 3.75 4 .5-3 2.75.75 4L8 11.5l-3.5 2 .75-4-3-2.75 4-.5z",
    "calendar": "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5V5M10.5 2.5V5",
    "lock": "M4 7.5h8v6H4zM5.5 7.5V5.25a2.5 2.5 0 0 1 5 0V7.5",
    "eye": "M1.75 8C3 5.25 5.25 4 8 4s5 1.25 6.25 4C13 10.75 10.75 12 8 12S3 10.75 1.75 8zM8 9.75a1.75 1.75 0 1 0 0-3.5 1.75 1.75 0 0 0 0 3.5z",
    "bell": "M4 11V7a4 4 0 0 1 8 0v4l1 1H3zM6.75 14h2.5",
    "box": "M2.5 5 8 2.5 13.5 5v6L8 13.5 2.5 11zM2.5 5 8 7.5 13.5 5M8 7.5v6",
    "heart": "M8 13.25 3.25 8.5a2.9 2.9 0 0 1 4.1-4.1L8 5l.65-.6a2.9 2.9 0 0 1 4.1 4.1z",
    "hand": "M2.5 9.5 5 8.75l2.5 1h2.25a1 1 0 0 1 0 2H7M9.75 11l3-1.5a1 1 0 0 1 1 1.75L9.5 14 5 12.75l-2.5.5M8 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
    "help": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.25 6.5c0-1 .75-1.75 1.75-1.75s1.75.75 1.75 1.75c0 1.25-1.75 1.25-1.75 2.5M8 11v.25",
    "sort": "M5 6.25 8 3.25l3 3M5 9.75l3 3 3-3",
    "dot": "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
}


@cache
def icon_svg(name: str, size: int = 16) -> Markup:
    """The icon as an inline SVG; KeyError for a name that is not drawn."""
    return Markup(  # noqa: S704 - nothing in it comes from people.
        f'<svg class="icon" width="{size}" height="{size}" viewBox="0 0 16 16" fill="none" stroke="currentColor" '
        f'stroke-width="1.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        f'<path d="{PATHS[name]}"/></svg>'
    )
