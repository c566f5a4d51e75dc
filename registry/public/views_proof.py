"""Certificates of service without sign-in: volunteers take their own, and whoever gets one checks it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from hmac import compare_digest
from io import BytesIO

from flask import current_app, make_response, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import AnyOf, InputRequired, Length

from registry.accounts.throttle import Gate, forgive, take_try
from registry.certificates.snapshots import font_book
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RecordNotFoundError
from registry.core.ops import key_digest
from registry.core.secrets import current_keys, seal
from registry.core.text import NAME_LENGTH, mask_name
from registry.people.identity import is_minor
from registry.public.blueprint import asking_address, blueprint, in_chosen_language, too_many
from registry.public.forms import NameForm
from registry.volunteers.commands.proofs import request_proof
from registry.volunteers.hours import hours_of
from registry.volunteers.pdf import draw_proof
from registry.volunteers.queries import proofs as queries
from registry.volunteers.queries.own_page import volunteer_by_page
from registry.volunteers.queries.proofs import Agreement, ShownProof
from registry.volunteers.sheets import ProofSheet
from registry.volunteers.snapshots import sheet_of
from registry.web.forms import BaseForm
from registry.web.guard import PUBLIC, permit
from registry.web.locale import LOCALES
from registry.web.submit import submit

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
# Somebody with a pile of certificates mistypes; somebody who guesses names needs thousands of tries.
PROOF_FACTOR = 4
# About as long as the snapshot of a certificate of service is.
_FILLER = "x" * 1_600


class VolunteerNameForm(NameForm):
    """Is this the volunteer's full name?"""

    name = StringField(
        _l("Full name of the volunteer"), validators=[InputRequired(), Length(max=NAME_LENGTH)]
    )


class PeriodForm(BaseForm):
    """One button for one period: the service of this year, or all of it."""

    period = HiddenField(validators=[AnyOf(("year", "all"))])


@dataclass(frozen=True)
class ProofVerdict:
    """The answer to a check. `state`: genuine, changed, void, or None for no such certificate; a void one
    names nobody."""

    state: str | None
    agreement: Agreement
    shown: ShownProof | None = None
    sheet: ProofSheet | None = None
    holder_masked: str = ""


def proof_verdict(shown: ShownProof | None, agreement: Agreement, day: date) -> ProofVerdict:
    """What is told of a certificate of service on a day, or of there being none."""
    if shown is None:
        # The work that a found certificate would have cost, so that the time tells nothing.
        seal(current_keys().field_cipher, _FILLER)
        return ProofVerdict(None, agreement)
    sheet = sheet_of(shown.proof)
    if shown.proof.voided_at is not None:
        return ProofVerdict("void", agreement, shown, sheet)
    born = shown.person.birth_on
    masked = mask_name(sheet.holder_name, minor=is_minor(born, day))
    return ProofVerdict("genuine" if agreement.matches else "changed", agreement, shown, sheet, masked)


@blueprint.route("/s/<token>", methods=["GET", "POST"])
@permit(PUBLIC)
@in_chosen_language
def verify_proof(token: str) -> ResponseReturnValue:
    """What the certificate of service behind a QR code says, and whether the records still agree with it; a
    POST asks whether a full name is the volunteer's."""
    now = clock.now()
    session = db.session()
    shown = queries.proof_by_token(session, token if _TOKEN.fullmatch(token) else "")
    agreement = queries.agreement_of(session, shown.proof if shown is not None else None)
    verdict = proof_verdict(shown, agreement, clock.local(now).date())
    form = VolunteerNameForm()
    answer = None
    if verdict.sheet is not None and verdict.holder_masked and form.validate_on_submit():
        gate = Gate(key_digest("service_proof", token), PROOF_FACTOR)
        opens = take_try([gate, asking_address()])
        if opens is not None:
            return too_many((opens - now).total_seconds())
        answer = compare_digest(_plain(verdict.sheet.holder_name), _plain(form.name.data))
        if answer:
            forgive(gate, asking_address())
    lang = request.args.get("lang")
    page = make_response(
        render_template(
            "public/verify_proof.html",
            verdict=verdict,
            form=form,
            answer=answer,
            now=now,
            hours=hours_of,
            lang=lang if lang in LOCALES else None,
        )
    )
    page.status_code = 200 if shown is not None else 404
    return page


def _plain(name: str) -> bytes:
    """Dots, spaces and case do not matter."""
    return "".join(character for character in name.casefold() if character.isalnum()).encode("utf-8")


@blueprint.route("/my/<token>/proofs", methods=["GET", "POST"])
@permit(PUBLIC)
@in_chosen_language
def own_proofs(token: str) -> ResponseReturnValue:
    """A volunteer's own certificates of service: a button for each period gives the PDF."""
    session = db.session()
    _volunteer, person = volunteer_by_page(session, token)
    today = clock.today()
    first = today.replace(month=1, day=1)
    found = queries.standing_lines(session, person.id, date.min, today)
    form = PeriodForm()
    if form.validate_on_submit():
        done = submit(
            form,
            request_proof,
            token,
            starts_on=first if form.period.data == "year" else None,
            ends_on=today,
            public_url=queries.public_address(
                session, str(current_app.config["PUBLIC_URL"]), request.url_root
            ),
            fonts=font_book(),
            # Relative, so that the secret address of the page is not stored with the form.
            locate=lambda proof: f"proofs/{proof.token}/pdf",
        )
        if done is not None:
            return done
        session = db.session()
        _volunteer, person = volunteer_by_page(session, token)
    periods = {"year": [line for line in found if line.served_on >= first], "all": found}
    lang = request.args.get("lang")
    return render_template(
        "public/own_proofs.html",
        form=form,
        # A file leaves the page as it is, so each button has a key of its own.
        choices=[
            (period, PeriodForm(formdata=None, data={"period": period}), sum(line.minutes for line in lines))
            for period, lines in periods.items()
            if lines
        ],
        token=token,
        proofs=queries.proofs_of_person(session, person.id),
        hours=hours_of,
        lang=lang if lang in LOCALES else None,
    )


@blueprint.get("/my/<token>/proofs/<proof_token>/pdf")
@permit(PUBLIC)
def own_proof_pdf(token: str, proof_token: str) -> ResponseReturnValue:
    """The PDF of one of a volunteer's own certificates of service."""
    session = db.session()
    _volunteer, person = volunteer_by_page(session, token)
    shown = queries.proof_by_token(session, proof_token if _TOKEN.fullmatch(proof_token) else "")
    proof = shown.proof if shown is not None and shown.person.id == person.id else None
    if proof is None or proof.voided_at is not None:
        raise RecordNotFoundError("service_proof")
    file = BytesIO(draw_proof(sheet_of(proof), font_book()))
    answer = send_file(
        file, mimetype="application/pdf", as_attachment=True, download_name=f"{proof.number}.pdf"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
