"""Today, search, and the page of one person."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.permissions import Permission
from registry.core.text import clean, mask_name
from registry.core.write import run
from registry.desk import queries, volunteering
from registry.desk.rows import (
    about,
    certificate_row,
    course_row,
    enrolment_row,
    held_row,
    open_course_row,
    person_row,
    shift_row,
    volunteer_row,
)
from registry.desk.search import Results, find
from registry.indicators.cards import cards
from registry.people.commands import look_up_number
from registry.people.identity import read_document
from registry.people.queries import identifiers, person_within
from registry.web.actions import action_label
from registry.web.guard import permit

blueprint = Blueprint("desk", __name__)


@blueprint.get("/")
@permit(Permission.DESK)
def today() -> ResponseReturnValue:
    """What waits for this person today, and the figures of their units."""
    session, actor = db.session(), g.actor
    courses = actor.scope(Permission.COURSE_EDIT)
    approves = actor.scope(Permission.CERTIFICATE_APPROVE)
    day = clock.today()
    return render_template(
        "desk/today.html",
        day=day,
        tiles=cards(session, actor, actor.home_unit_id) if actor.home_unit_id is not None else [],
        opens=actor.may(Permission.COURSE_EDIT),
        approves=actor.may(Permission.CERTIFICATE_APPROVE),
        courses=[open_course_row(one) for one in queries.open_courses(session, courses)]
        if actor.may(Permission.COURSE_EDIT)
        else [],
        to_prepare=queries.courses_to_prepare(session, courses)
        if actor.may(Permission.CERTIFICATE_PREPARE)
        else [],
        drafts=queries.open_drafts(session, courses) if actor.may(Permission.COURSE_EDIT) else [],
        tasks=list(volunteering.tasks(session, actor)),
        gathers=actor.may(Permission.VOLUNTEER_EDIT),
        shifts=[
            shift_row(*one)
            for one in volunteering.coming_shifts(session, actor.scope(Permission.VOLUNTEER_EDIT), day)
        ]
        if actor.may(Permission.VOLUNTEER_EDIT)
        else [],
        batches=queries.batches_to_decide(session, approves, actor.user_id)
        if actor.may(Permission.CERTIFICATE_APPROVE)
        else [],
    )


@blueprint.post("/search")
@permit(Permission.PERSON_VIEW)
def search() -> ResponseReturnValue:
    """People first, then certificates and courses. Sent by POST, so that no name stands in an address."""
    text = clean(request.form.get("q", ""))[:60]
    session, courses = db.session(), g.actor.scope(Permission.COURSE_VIEW)
    found = _found(text)
    if request.form.get("part"):
        return render_template("desk/_suggestions.html", few=queries.FEW, **found._asdict())
    people = queries.persons_found(session, [one.id for one in found.people])
    certificates = queries.certificates_found(session, [one.id for one in found.certificates])
    return render_template(
        "desk/search.html",
        text=text,
        few=queries.FEW,
        people=[person_row(one) for one in people],
        certificates=[certificate_row(*one) for one in certificates],
        courses=[course_row(*one) for one in queries.find_courses(session, courses, text)] if text else [],
        holder=_number_holder(text) if len(text) >= 8 and g.actor.may(Permission.PERSON_EDIT) else None,
    )


def _found(text: str) -> Results:
    if not text:
        return Results([], [], [])
    scope = g.actor.scope
    return find(
        db.session(),
        text,
        people=scope(Permission.PERSON_VIEW),
        certificates=scope(Permission.CERTIFICATE_VIEW),
        courses=scope(Permission.COURSE_VIEW),
        volunteers=scope(Permission.VOLUNTEER_VIEW),
    )


def _number_holder(text: str) -> dict[str, object] | None:
    """Who holds a full document number: masked name and credentials, wherever registered."""
    try:
        document = read_document(None, text, today=clock.today())
    except RuleError:
        return None
    known = run(g.actor, look_up_number, document=document)
    if known is None:
        return {"name": None}
    reachable = queries.reachable(db.session(), g.actor.scope(Permission.PERSON_VIEW), known.person_id)
    return {
        "name": mask_name(known.name),
        "person_id": known.person_id if reachable else None,
        "credentials": queries.best_certificates(db.session(), known.person_id, clock.today()),
    }


@blueprint.get("/persons/<int:person_id>")
@permit(Permission.PERSON_VIEW)
def person(person_id: int) -> ResponseReturnValue:
    """Everything within reach about one person, numbers masked."""
    session, actor = db.session(), g.actor
    record = person_within(session, g.scope, person_id)
    documents = identifiers(session, record.id)
    facts = queries.facts_of(
        session, record.id, actor.scope(Permission.COURSE_VIEW), actor.scope(Permission.CERTIFICATE_VIEW)
    )
    return render_template(
        "desk/person.html",
        person=record,
        about=about(record, documents),
        identified=bool(documents),
        certificates=[held_row(*held) for held in facts.certificates],
        courses=[enrolment_row(*taken) for taken in facts.courses],
        volunteers=[
            volunteer_row(*found)
            for found in volunteering.volunteer_of(
                session, actor.scope(Permission.VOLUNTEER_VIEW), record.id, clock.today()
            )
        ]
        if actor.may(Permission.VOLUNTEER_VIEW)
        else None,
        facts=facts,
        history=[
            {
                "at": e["at"],
                "who": _("Another unit") if e["elsewhere"] else e["who"] or _("System"),
                "what": action_label(e["action"]),
                "detail": e["reason"],
            }
            for e in queries.history(session, g.scope, "person", record.id)
        ],
        may_edit=actor.may(Permission.PERSON_EDIT),
        may_reveal=actor.may(Permission.PERSON_REVEAL),
    )
