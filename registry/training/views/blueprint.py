"""The blueprint of this register and what all of its pages share."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, g, url_for
from flask_babel import gettext as _

from registry.core.i18n import Message
from registry.core.permissions import Permission
from registry.training.forms.records import item_name
from registry.training.models import Course, Enrolment, RosterImport
from registry.training.outcome import REASONS, RESULT_KINDS, RESULT_LABELS, Reason, Result
from registry.training.stages import STAGE_KINDS, STAGE_LABELS, Stage
from registry.web.columns import Status
from registry.web.locale import translate

blueprint = Blueprint("training", __name__, url_prefix="/training")


def stage_status(stage: Stage) -> Status:
    """A stage as a badge."""
    return Status(STAGE_KINDS[stage], translate(STAGE_LABELS[stage]))


def result_status(result: Result | str) -> Status:
    """A result as a badge."""
    known = Result(result)
    return Status(RESULT_KINDS[known], translate(RESULT_LABELS[known]))


def say_reason(reason: Reason) -> str:
    """A reason in the language of the page; a practical item by its name in that language."""
    params = {k: item_name(v) if isinstance(v, dict) else v for k, v in reason.params.items()}
    return translate(Message(REASONS[reason.code], params))


def frozen_reasons(enrolment: Enrolment) -> str:
    """Why a result is no pass, as it was frozen when the course was closed."""
    basis = enrolment.result_basis or {}
    return say_reasons(Reason(r["code"], r["params"]) for r in basis.get("reasons", ()))


def say_reasons(reasons: Iterable[Reason]) -> str:
    """Several reasons in one line."""
    return str(_("; ")).join(say_reason(reason) for reason in reasons)


def import_page(taken: RosterImport) -> str:
    """The page that tells what an import brought."""
    return url_for("training.roster_import", import_id=taken.id)


def import_source(taken: RosterImport) -> str:
    """Where a list came from: the name of its file, or how it was typed."""
    words = {"grid": _("pasted list"), "form": _("single form"), "draft": _("corrected drafts")}
    return str(words.get(taken.source, taken.source))


def import_state(taken: RosterImport) -> Status:
    """Whether an import stands."""
    return Status("good", _("standing")) if taken.state == "standing" else Status("off", _("undone"))


def may_edit(course: Course) -> bool:
    """Whether who looks may change this course."""
    return bool(g.actor.scope(Permission.COURSE_EDIT).holds(course.unit_id))


def course_trail(course: Course) -> list[tuple[str, str]]:
    """The way to a page below a course."""
    return [
        (_("Courses"), url_for("training.courses")),
        (course.number, url_for("training.course", course_id=course.id)),
    ]
