"""The register of persons: list, add, correct, show in clear."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import SelectField
from wtforms.validators import Optional

from registry.accounts import queries as accounts
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.permissions import Permission
from registry.core.text import mask_phone
from registry.core.write import run
from registry.people import commands, queries
from registry.people.forms import PersonForm, RevealForm
from registry.people.kinds import DocumentKind, Sex
from registry.people.models import Person
from registry.web.columns import Column, Link
from registry.web.forms import FilterForm
from registry.web.guard import permit
from registry.web.listing import Listing
from registry.web.locale import local_name, translate
from registry.web.submit import submit

blueprint = Blueprint("people", __name__, url_prefix="/people")


class PersonFilters(FilterForm):
    """Filters of the list; a name is looked for in the search field at the top, never in an address."""

    unit = SelectField(_l("Home unit"), validators=[Optional()])
    sex = SelectField(_l("Sex"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit.choices = [("", _("All"))] + [
            (str(unit.id), local_name(unit)) for unit in db.session.execute(accounts.units(g.scope)).scalars()
        ]
        self.sex.choices = [("", _("All"))] + [(sex.value, translate(sex.label)) for sex in Sex]


PEOPLE = Listing(
    key="people.people",
    identity=Person.id,
    columns=(
        Column(
            "name",
            _l("Name"),
            sort=Person.pinyin,
            value=lambda row: Link(url_for("desk.person", person_id=row.id), row.name),
        ),
        Column("sex", _l("Sex"), value=lambda row: Sex(row.sex).label if row.sex else None),
        Column(
            "birth_on", _l("Date of birth"), masked=lambda row: row.birth_on.year if row.birth_on else None
        ),
        Column("phone", _l("Phone"), value=lambda row: mask_phone(row.phone) if row.phone else None),
        Column("employer", _l("Employer or address")),
        Column("id", _l("Registered"), sort=Person.id, css="num", default_visible=False),
    ),
    filters=PersonFilters,
    default_sort="-id",
    title=_l("People"),
)


@blueprint.get("/")
@permit(Permission.PERSON_VIEW)
def people() -> ResponseReturnValue:
    """Everyone within reach."""
    asked = PEOPLE.read(request.args, current_user.id)
    rows = queries.persons(g.scope)
    if "unit" in asked.filters:
        rows = rows.where(Person.home_unit_id == int(asked.filters["unit"]))
    if "sex" in asked.filters:
        rows = rows.where(Person.sex == asked.filters["sex"])
    if asked.export:
        return asked.download(db.session(), rows)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("Nobody is registered yet"),
        empty_hint=_("People are registered when a class list is taken in, or one by one."),
        empty_action=(_l("Add a person"), "people.add_person") if _may_edit() else None,
    )
    return render_template("people/people.html", page=page, may_edit=_may_edit())


@blueprint.route("/add", methods=["GET", "POST"])
@permit(Permission.PERSON_EDIT)
def add_person() -> ResponseReturnValue:
    """Register one person, or come to the page of the one already known by this number."""
    form = PersonForm()
    if form.validate_on_submit():
        try:
            entrant = form.entrant()
        except RuleError as error:
            form.add_refusal(error)
        else:
            done = submit(
                form,
                commands.add_person,
                entrant=entrant,
                unit_id=g.actor.home_unit_id,
                locate=lambda person: url_for("desk.person", person_id=person.id),
                saved=_("Saved."),
            )
            if done is not None:
                return done
    return render_template("people/add_person.html", form=form)


@blueprint.route("/<int:person_id>/correct", methods=["GET", "POST"])
@permit(Permission.PERSON_EDIT)
def correct_person(person_id: int) -> ResponseReturnValue:
    """Correct what is registered. Number and phone are not shown in clear: they are typed to be replaced."""
    person = queries.person_within(db.session(), g.scope, person_id)
    form = PersonForm(obj=person)
    if person.phone:
        told = _("Registered: %(phone)s. Leave it empty to keep it.", phone=mask_phone(person.phone))
        form.phone.description = told
    if not form.is_submitted():
        form.phone.data = ""
    if form.validate_on_submit():
        try:
            entrant = form.entrant()
        except RuleError as error:
            form.add_refusal(error)
        else:
            done = submit(
                form,
                commands.correct_person,
                person,
                entrant=entrant,
                locate=lambda saved: url_for("desk.person", person_id=saved.id),
                saved=_("Saved."),
            )
            if done is not None:
                return done
    return render_template("people/correct_person.html", form=form, person=person)


@blueprint.route("/<int:person_id>/reveal", methods=["GET", "POST"])
@permit(Permission.PERSON_REVEAL)
def reveal_identifier(person_id: int) -> ResponseReturnValue:
    """Show document numbers and phone in clear, once, with a reason."""
    person = queries.person_within(db.session(), g.scope, person_id)
    form = RevealForm()
    shown = None
    if form.validate_on_submit():
        try:
            values = run(g.actor, commands.reveal_identifier, person, reason=form.reason.data or "")
            shown = [(_kind_label(kind), value) for kind, value in values]
        except RuleError as error:
            form.add_refusal(error)
    return render_template("people/reveal_identifier.html", form=form, person=person, shown=shown)


def _kind_label(kind: str) -> str:
    return _("Phone") if kind == "phone" else translate(DocumentKind(kind).label)


def _may_edit() -> bool:
    return bool(g.actor.may(Permission.PERSON_EDIT))
