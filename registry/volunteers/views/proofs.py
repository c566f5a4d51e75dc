"""Certificates of service of a volunteer: asked for, looked at, printed, voided."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import current_app, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from registry.certificates.snapshots import font_book
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.people.models import Person
from registry.volunteers.commands.proofs import issue_proof as issue
from registry.volunteers.commands.proofs import void_proof as void
from registry.volunteers.fields import FIELDS
from registry.volunteers.forms.proofs import IssueProofForm
from registry.volunteers.hours import hours_of
from registry.volunteers.models import ServiceProof, Volunteer
from registry.volunteers.pdf import draw_proof
from registry.volunteers.queries import proofs as queries
from registry.volunteers.snapshots import sheet_of
from registry.volunteers.views.blueprint import blueprint, tabs_of
from registry.web.columns import Link, Status
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.load import load
from registry.web.locale import translate
from registry.web.submit import submit

STATES = {
    "matches": Status("good", _l("Matches the service records")),
    "changed": Status("wait", _l("No longer matches")),
    "void": Status("off", _l("Void")),
}
ORIGINS = {"phone": _l("Own page of the volunteer"), "staff": _l("Staff")}


@blueprint.get("/<int:volunteer_id>/proofs")
@permit(Permission.VOLUNTEER_VIEW)
def proofs(volunteer_id: int) -> ResponseReturnValue:
    """The certificates of service of a volunteer, and the form that issues another."""
    today = clock.today()
    name = str(g.actor.name)
    form = IssueProofForm(
        data={"starts_on": today.replace(month=1, day=1), "ends_on": today, "handled_by": name}
    )
    return _page(load(Volunteer, volunteer_id), form)


@blueprint.route("/<int:volunteer_id>/proofs/issue", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def issue_proof(volunteer_id: int) -> ResponseReturnValue:
    """Issue a certificate of service; what was typed stays when it is refused."""
    volunteer = load(Volunteer, volunteer_id)
    if request.method == "GET":  # Back, or an address out of the history.
        return redirect(url_for("volunteers.proofs", volunteer_id=volunteer_id), 303)
    form = IssueProofForm()
    if form.validate_on_submit():
        done = submit(
            form,
            issue,
            volunteer,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            handled_by=form.handled_by.data,
            responsible=form.responsible.data,
            contact=form.contact.data or "",
            origin="staff",
            public_url=public_url(),
            fonts=font_book(),
            locate=lambda proof: url_for("volunteers.proof", proof_id=proof.id),
            saved=_("The certificate of service is issued."),
        )
        if done is not None:
            return done
    return _page(load(Volunteer, volunteer_id), form)


def _page(volunteer: Volunteer, form: IssueProofForm) -> ResponseReturnValue:
    session = db.session()
    person = canonical_person(volunteer)
    found = queries.proofs_of_person(session, person.id, g.scope)
    return render_template(
        "volunteers/proofs.html",
        form=form,
        volunteer=volunteer,
        person=person,
        tabs=tabs_of(volunteer, "volunteers.proofs"),
        rows=[_row(proof, changed) for proof, changed in found],
        may_issue=g.actor.scope(Permission.VOLUNTEER_EDIT).holds(volunteer.unit_id),
    )


def _row(proof: ServiceProof, changed: bool) -> list[Any]:
    return [
        Link(url_for("volunteers.proof", proof_id=proof.id), proof.number),
        f"{proof.starts_on.isoformat()} – {proof.ends_on.isoformat()}",
        hours_of(proof.minutes),
        proof.issued_on,
        ORIGINS[proof.origin],
        STATES["void" if proof.voided_at else "changed" if changed else "matches"],
    ]


def canonical_person(volunteer: Volunteer) -> Person:
    """The canonical person of a volunteer."""
    row = db.session.get_one(Person, volunteer.person_id)
    return row if row.id == row.canonical_id else db.session.get_one(Person, row.canonical_id)


@blueprint.get("/proofs/<int:proof_id>")
@permit(Permission.VOLUNTEER_VIEW)
def proof(proof_id: int) -> ResponseReturnValue:
    """One certificate of service: what it says, the lines it rests on, and whether they still stand."""
    session = db.session()
    shown = queries.proof_shown(session, g.scope, proof_id)
    agreement = queries.agreement_of(session, shown.proof)
    state = "void" if shown.proof.voided_at else "matches" if agreement.matches else "changed"
    return render_template(
        "volunteers/proof.html",
        shown=shown,
        proof=shown.proof,
        sheet=sheet_of(shown.proof),
        agreement=agreement,
        state=STATES[state],
        origin=ORIGINS[shown.proof.origin],
        hours=hours_of,
        lines=[_line(line) for line in queries.lines_of(session, proof_id)],
        may_void=g.actor.scope(Permission.VOLUNTEER_APPROVE).holds(shown.proof.unit_id),
    )


def _line(line: Any) -> list[Any]:
    told = Status("good", _("stands"))
    if line.reversed_on is not None:
        told = Status("bad", _("reversed on %(day)s", day=line.reversed_on.isoformat()))
    field = translate(FIELDS[line.field]) if line.field in FIELDS else line.field
    return [line.served_on, line.content, field, hours_of(line.minutes), told]


@blueprint.get("/proofs/<int:proof_id>/pdf")
@permit(Permission.VOLUNTEER_VIEW)
def proof_pdf(proof_id: int) -> ResponseReturnValue:
    """The certificate of service as a PDF, as it was issued."""
    return send_proof(load(ServiceProof, proof_id))


def send_proof(record: ServiceProof) -> ResponseReturnValue:
    """The PDF of a certificate of service; a void one has none."""
    if record.voided_at is not None:
        raise RuleError(N_("This certificate of service is void, so there is no PDF of it."))
    file = BytesIO(draw_proof(sheet_of(record), font_book()))
    answer = send_file(
        file, mimetype="application/pdf", as_attachment=True, download_name=f"{record.number}.pdf"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.route("/proofs/<int:proof_id>/void", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def void_proof(proof_id: int) -> ResponseReturnValue:
    """Declare a certificate of service void."""
    record = load(ServiceProof, proof_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            void,
            record,
            reason=form.reason.data,
            locate=lambda saved: url_for("volunteers.proof", proof_id=saved.id),
            saved=_("The certificate of service is void."),
        )
        if done is not None:
            return done
    return render_template("volunteers/void_proof.html", form=form, proof=record)


def public_url() -> str:
    """The address that QR codes lead to."""
    return queries.public_address(db.session(), str(current_app.config["PUBLIC_URL"]), request.url_root)
