"""What somebody does from a phone: sign up, withdraw it, and take the address of their own page."""

from __future__ import annotations

from datetime import date

from registry.accounts.models import Unit
from registry.core.errors import AlreadySavedError, RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.write import Write, command
from registry.volunteers.commands.admit import Admission, refuse_unfit
from registry.volunteers.commands.applicants import Applicant, forget
from registry.volunteers.commands.own_page import page_digest
from registry.volunteers.models import Activity, SignUp, Volunteer
from registry.volunteers.queries.sign_ups import is_receipt, receipt_digest, sign_up_by_receipt
from registry.volunteers.rules import rule_on


def refuse_closed(activity: Activity, day: date) -> None:
    """RuleError for an activity that is over or cancelled, which takes nobody any more."""
    if activity.state == "cancelled":
        raise RuleError(
            N_(
                "This activity was cancelled. Nothing was sent; what you typed is kept below, and you can "
                "send it to the branch itself."
            )
        )
    if activity.state != "open" or activity.ends_on < day:
        raise RuleError(
            N_(
                "This activity is over. Nothing was sent; what you typed is kept below, and you can send it "
                "to the branch itself."
            )
        )


@command(None)
def sign_up(w: Write, *, unit_id: int, activity_id: int | None, applicant: Applicant, token: str) -> SignUp:
    """Keep what somebody sent from the page of a unit or an activity until staff decide. Nobody is added.

    `token` opens the receipt; only its digest is stored. RuleError for an activity that takes nobody, and
    for somebody who has become unfit since the form was checked; AlreadySavedError when the receipt exists.
    """
    if is_receipt(w.session, token):
        # The key of the form, long swept away, would have told the same.
        raise AlreadySavedError("", same=True)
    if w.session.get(Unit, unit_id) is None:
        raise RecordNotFoundError("unit")
    if activity_id is not None:
        activity = w.session.get(Activity, activity_id, populate_existing=True)
        if activity is None or activity.unit_id != unit_id:
            raise RecordNotFoundError("activity")
        refuse_closed(activity, w.today)
    terms = rule_on(w.session, "admission", w.today).terms
    admission = Admission(0, applicant.entrant, guardian=applicant.guardian)
    if errors := refuse_unfit([admission], terms, w.today):
        raise RuleError(errors[0].message.text, errors[0].column, **errors[0].message.params)
    w.unit_id = unit_id
    return w.add(
        SignUp(
            unit_id=unit_id,
            activity_id=activity_id,
            values=applicant.values(),
            number_hash=applicant.entrant.document_hash,
            receipt_digest=receipt_digest(token),
            minor=applicant.minor,
            signed_up_at=w.at,
        )
    )


@command(None)
def withdraw_sign_up(w: Write, *, token: str) -> SignUp:
    """The applicant takes a waiting sign-up back; what was typed is erased. RuleError when it is decided."""
    record = sign_up_by_receipt(w.session, token)
    if record.state != "waiting":
        raise RuleError(
            N_(
                "This application is decided or withdrawn already. Nothing was changed; see below how it "
                "stands."
            )
        )
    record.state, record.decided_at = "withdrawn", w.at
    forget(record)
    w.unit_id = record.unit_id
    return record


@command(None)
def take_page(w: Write, *, token: str, page_token: str) -> SignUp:
    """The address of the own page, given once to who holds the receipt of an approved sign-up.

    RuleError when it was given before, also by staff, or when the volunteer was one before the sign-up.
    """
    record = sign_up_by_receipt(w.session, token)
    volunteer = w.session.get(Volunteer, record.volunteer_id) if record.volunteer_id is not None else None
    if record.state != "approved" or volunteer is None or volunteer.voided_at is not None:
        raise RecordNotFoundError("volunteer")
    if not record.values.get("page") or volunteer.page_digest is not None:
        raise RuleError(
            N_(
                "The address of this page was given already. Nothing was changed; ask the branch for a new "
                "one."
            )
        )
    volunteer.page_digest = page_digest(page_token)
    record.values = {key: value for key, value in record.values.items() if key != "page"}
    w.unit_id = record.unit_id
    return record
