"""From a valid form to one write and the page that shows its result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core.errors import AlreadySavedError, BusyError, RuleError, StorageError
from registry.core.write import Command, Once, run_once
from registry.web.forms import BaseForm

R = TypeVar("R")

# How long a page without script is remembered by what was typed.
ALIKE_FOR = timedelta(minutes=30)


def submit(
    form: BaseForm,
    verb: Command[Any, R],
    *args: Any,
    locate: Callable[[R], str],
    saved: str | None = None,
    **kwargs: Any,
) -> ResponseReturnValue | None:
    """Run a command for a valid form and redirect to its result.

    None when it was refused: the form then shows why, with everything typed still in it. The same
    form sent twice leads to the first result; the same form with other values is not saved.
    """
    assert request.endpoint is not None
    once = Once(g.actor.user_id or 0, request.endpoint, form.form_key.data, form.digest(), _alike_for())
    try:
        result = run_once(g.actor, verb, once, locate, args, kwargs)
    except (RuleError, BusyError, StorageError) as error:
        form.add_refusal(error)
        return None
    except AlreadySavedError as error:
        if error.same:
            flash(_("This form was saved already. Here is its result; nothing was saved twice."), "info")
            return redirect(error.location, 303)
        form.add_already_saved(error.location)
        return None
    if saved is not None:
        flash(saved, "success")
    return redirect(locate(result), 303)


def _alike_for() -> timedelta | None:
    """On Back a browser gives a page without script a new form key, so only what was typed tells that it
    was saved before."""
    meant_again = "as_new" in request.form
    return ALIKE_FOR if "without_script" in request.form and not meant_again else None
