"""From a valid form to its writes and the page that shows their result."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core.errors import AlreadySavedError, BusyError, ForbiddenError, RuleError, StorageError
from registry.core.i18n import N_
from registry.core.write import Command, Once, run_once
from registry.web.forms import BaseForm

R = TypeVar("R")

Refusal = RuleError | BusyError | StorageError | ForbiddenError
SAVED_ALREADY = N_("This form was saved already. Here is its result; nothing was saved twice.")
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
            flash(_(SAVED_ALREADY), "info")
            return redirect(error.location, 303)
        form.add_already_saved(error.location)
        return None
    if saved is not None:
        flash(saved, "success")
    return redirect(locate(result), 303)


def submit_each(
    form: BaseForm,
    verb: Command[Any, R],
    record_ids: Iterable[int],
    load: Callable[[int], Any],
    *,
    locate: Callable[[R], str],
    each: Callable[[int], dict[str, Any]] = lambda _record_id: {},
    **kwargs: Any,
) -> dict[int, Refusal | AlreadySavedError | None]:
    """Run a command for each of several records, each as a write of its own: what is refused keeps none of
    the others. Gives for each record why nothing was saved, None where it was. `each` gives what the command
    gets for one record only.

    Every record has a key of its own under that of the form, so the form sent twice has no second effect:
    what the first one saved is told with an AlreadySavedError.
    When the database cannot write, the records that follow are not tried and told the same.
    """
    assert request.endpoint is not None
    told: dict[int, Refusal | AlreadySavedError | None] = {}
    stopped: Refusal | None = None
    for record_id in record_ids:
        told[record_id] = stopped
        if stopped is not None:
            continue
        key = hashlib.sha256(f"{form.form_key.data}:{record_id}".encode()).hexdigest()
        once = Once(g.actor.user_id or 0, request.endpoint, key, key)
        try:
            run_once(g.actor, verb, once, locate, (load(record_id),), {**kwargs, **each(record_id)})
        except (RuleError, ForbiddenError, AlreadySavedError) as error:
            told[record_id] = error
        except (BusyError, StorageError) as error:
            told[record_id] = stopped = error
    return told


def _alike_for() -> timedelta | None:
    """On Back a browser gives a page without script a new form key, so only what was typed tells that it
    was saved before."""
    meant_again = "as_new" in request.form
    return ALIKE_FOR if "without_script" in request.form and not meant_again else None
