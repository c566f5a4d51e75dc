"""Remembering the columns and saved views of lists."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, abort, flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from registry.web.guard import SIGNED_IN, permit
from registry.web.listing import LISTINGS, Listing
from registry.web.listing_choices import ListChoices, SavedView, read_choices, save_choices

MOST_VIEWS = 20
LONGEST_NAME = 40
LONGEST_QUERY = 1_000

blueprint = Blueprint("listing", __name__, url_prefix="/listing")


@blueprint.post("/<key>/columns")
@permit(SIGNED_IN)
def columns(key: str) -> ResponseReturnValue:
    """Remember the chosen columns; without any, or with `reset`, the list's own choice returns."""
    listing = _listing(key)
    chosen = frozenset(request.form.getlist("columns")) & {column.key for column in listing.columns}
    before = read_choices(g.actor.user_id, key)
    wanted = chosen if chosen and "reset" not in request.form else None
    save_choices(g.actor.user_id, key, ListChoices(wanted, before.views))
    return _back()


@blueprint.post("/<key>/views")
@permit(SIGNED_IN)
def save_view(key: str) -> ResponseReturnValue:
    """Keep the filters in force under a name; the same name replaces the view."""
    listing = _listing(key)
    name = " ".join(request.form.get("name", "").split())[:LONGEST_NAME]
    pairs = [
        (k, v)
        for k, v in parse_qsl(request.form.get("query", ""))
        if listing.understands(k) and k != "export"
    ]
    query = urlencode(pairs)
    before = read_choices(g.actor.user_id, key)
    others = [view for view in before.views if view.name != name]
    if not name:
        flash(gettext("The view has no name. Nothing was saved; type a name and save again."), "warning")
    elif len(query) > LONGEST_QUERY or len(others) >= MOST_VIEWS:
        flash(
            gettext("There is no room for another view. Nothing was saved; remove a view first."), "warning"
        )
    else:
        views = sorted([*others, SavedView(name, query)], key=lambda view: view.name)
        save_choices(g.actor.user_id, key, ListChoices(before.columns, views))
        flash(gettext("View saved: %(name)s", name=name), "success")
    return _back()


@blueprint.post("/<key>/views/remove")
@permit(SIGNED_IN)
def remove_view(key: str) -> ResponseReturnValue:
    """Forget a saved view."""
    _listing(key)
    before = read_choices(g.actor.user_id, key)
    views = [view for view in before.views if view.name != request.form.get("name")]
    save_choices(g.actor.user_id, key, ListChoices(before.columns, views))
    return _back()


def _listing(key: str) -> Listing:
    return LISTINGS.get(key) or abort(404)


def _back() -> ResponseReturnValue:
    back = request.form.get("back", "/")
    local = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
    return redirect(back if local else "/", 303)
