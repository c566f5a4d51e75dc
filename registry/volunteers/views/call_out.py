"""The call-out list, and its phones in clear for whoever says why."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, g, make_response, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import literal_column

from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.permissions import Permission
from registry.core.sheets import write_xlsx
from registry.core.text import mask_name, mask_phone
from registry.core.write import run
from registry.people.identity import age_on
from registry.people.kinds import Sex
from registry.people.models import Person
from registry.volunteers.commands.call_out import reveal_call_out as reveal
from registry.volunteers.forms.call_out import CallOutFilters, RevealCallOutForm
from registry.volunteers.models import Volunteer
from registry.volunteers.queries import call_out as queries
from registry.volunteers.queries.call_out import Wanted
from registry.volunteers.queries.standing import Skill, skills_until
from registry.volunteers.views.blueprint import blueprint
from registry.web.cells import cell_html
from registry.web.columns import Cell, Column, linked, named
from registry.web.guard import permit
from registry.web.listing import Asked, Listing
from registry.web.locale import is_english, translate
from registry.web.navigation import known

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NEARNESS = {queries.HERE: _l("Here"), queries.NEAR: _l("Same prefecture"), queries.FAR: _l("Elsewhere")}


class Held:
    """What the people of a list are certified and insured for, read for all of them at once.

    A page draws its cells after all of them are made, so the first that is drawn reads for every person of
    the page; a file is read row by row, so `read` is called before.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.person_ids: set[int] = set()
        self.skills: dict[int, list[Skill]] | None = None
        self.insured: dict[int, Any] = {}

    def read(self) -> None:
        """Two statements for all people noted so far."""
        session, day = db.session(), self.wanted.day
        self.skills = skills_until(session, self.person_ids, day)
        self.insured = queries.insured_until(session, self.person_ids, day)

    def skills_of(self, person_id: int) -> str:
        """Each skill with its last valid day, in the language of the page."""
        if self.skills is None:
            self.read()
        return _listed(_skill(skill) for skill in (self.skills or {}).get(person_id, ()))

    def insured_of(self, person_id: int) -> str:
        """The last day insured, or nothing."""
        if self.skills is None:
            self.read()
        last = self.insured.get(person_id)
        return last.isoformat() if last else ""


def _listed(parts: Iterable[str]) -> str:
    return ("; " if is_english() else "；").join(parts)


def _skill(skill: Skill) -> str:
    name = skill.name_en if is_english() else skill.name
    if skill.last_day is None:
        return str(_("%(skill)s without end", skill=name))
    return str(_("%(skill)s until %(day)s", skill=name, day=skill.last_day.isoformat()))


class Later:
    """A cell that is read together with the others when the first of them is drawn."""

    def __init__(self, read: Any, person_id: int) -> None:
        self.read, self.person_id = read, person_id

    def __str__(self) -> str:
        return str(self.read(self.person_id))

    def __html__(self) -> str:
        return cell_html(str(self))


def _held(name: str) -> Cell:
    held: Held = g.held
    read = getattr(held, name)

    def cell(row: Any) -> Later:
        if held.skills is None:
            held.person_ids.add(row.person_id)
        return Later(read, row.person_id)

    return cell


def _name() -> Cell:
    if not known("volunteers.volunteer"):
        return lambda row: row.name
    return linked("volunteers.volunteer", "volunteer_id", text="name")()


def _age(row: Any) -> int | None:
    return None if row.birth_on is None else age_on(row.birth_on, g.held.wanted.day)


def _sex(row: Any) -> str | None:
    return translate(Sex(row.sex).label) if row.sex else None


CALL_OUT = Listing(
    key="volunteers.call_out",
    identity=Volunteer.id,
    columns=(
        Column("name", _l("Name"), made=_name, masked=lambda row: mask_name(row.name), sort=Person.pinyin),
        Column("sex", _l("Sex"), value=_sex),
        Column("age", _l("Age"), value=_age, css="num"),
        Column("unit", _l("Unit"), made=named("unit")),
        Column(
            "nearness",
            _l("Distance"),
            value=lambda row: NEARNESS[row.nearness],
            sort=literal_column("nearness"),
        ),
        Column("skills", _l("Skills"), made=lambda: _held("skills_of")),
        Column("insured_until", _l("Insured until"), made=lambda: _held("insured_of")),
        Column("phone", _l("Phone"), value=lambda row: mask_phone(row.phone) if row.phone else None),
    ),
    filters=CallOutFilters,
    default_sort="nearness",
    title=_l("Call-out list"),
    size=100,
)


def wanted_of(asked: Asked) -> Wanted:
    """Whom the filters look for; today, and near the unit chosen or one's own, unless they say otherwise."""
    chosen = asked.filters
    unit_id = _number(chosen, "unit")
    return Wanted(
        day=chosen.get("day") or clock.today(),
        unit_id=unit_id,
        near_id=_number(chosen, "near") or unit_id or g.actor.home_unit_id,
        credential_type_id=_number(chosen, "credential_type"),
        trained_within=chosen.get("trained_within"),
        insured=bool(chosen.get("insured")),
        age_from=chosen.get("age_from"),
        age_to=chosen.get("age_to"),
        kind=chosen.get("kind"),
        available=chosen.get("available"),
        field=chosen.get("field"),
        team_id=_number(chosen, "team"),
    )


def _number(chosen: dict[str, Any], key: str) -> int | None:
    return int(chosen[key]) if key in chosen else None


def _address(endpoint: str, asked: Asked) -> str:
    """A page about the same people: the filters in force, as they came."""
    told: dict[str, Any] = {key: asked.args[key] for key in asked.filters}
    return url_for(endpoint, **told)


@blueprint.get("/call-out")
@permit(Permission.VOLUNTEER_VIEW)
def call_out() -> ResponseReturnValue:
    """Who can be called on a day, the nearest first."""
    session = db.session()
    asked = CALL_OUT.read(request.args, g.actor.user_id)
    wanted = wanted_of(asked)
    g.held = Held(wanted)
    rows = queries.call_out(session, wanted, g.scope)
    if asked.export:
        ids = rows.with_only_columns(Person.id, maintain_column_froms=True)
        g.held.person_ids = set(session.execute(ids).scalars())
        g.held.read()
        return asked.download(session, rows)
    page = asked.page(
        session,
        rows,
        empty_title=_l("Nobody can be called out yet"),
        empty_hint=_l("Here stand the volunteers who serve on the day. Admit volunteers first."),
    )
    reveal_url = (
        _address("volunteers.reveal_call_out", asked) if g.actor.may(Permission.PERSON_REVEAL) else ""
    )
    return render_template("volunteers/call_out.html", page=page, wanted=wanted, reveal_url=reveal_url)


@blueprint.route("/call-out/reveal", methods=["GET", "POST"])
@permit(Permission.PERSON_REVEAL)
def reveal_call_out() -> ResponseReturnValue:
    """The same list with phones in clear, once, with a reason; who sees no volunteers finds nobody."""
    asked = CALL_OUT.read(request.args, g.actor.user_id)
    wanted = wanted_of(asked)
    filters = _in_words(asked, wanted)
    form = RevealCallOutForm()
    heads, shown = _heads(), None
    if asked.form is not None and asked.form.errors:
        # The list leaves out what it does not understand, which here would show more people than meant.
        form.form_errors.append(_("A filter of this list is not valid. Nothing was shown; choose it anew."))
    elif form.validate_on_submit():
        try:
            found = run(g.actor, reveal, wanted=wanted, reason=form.reason.data or "", filters=filters)
        except RuleError as error:
            form.add_rule_error(error)
        else:
            shown = _lines(wanted, found)
            if form.as_file.data:
                return _as_file(wanted, heads, shown)
    back = _address("volunteers.call_out", asked)
    answer = make_response(
        render_template(
            "volunteers/reveal_call_out.html", form=form, heads=heads, shown=shown, filters=filters, back=back
        )
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _in_words(asked: Asked, wanted: Wanted) -> str:
    """The filters as a reader sees them, the day first."""
    form: Any = asked.form
    told = [(_("Day of service"), wanted.day.isoformat())]
    for name in asked.filters:
        if name != "day":
            choices = dict(getattr(form[name], "choices", None) or ())
            value = _("yes") if form[name].data is True else choices.get(form[name].data, form[name].data)
            told.append((str(form[name].label.text), value))
    return _listed(_("%(label)s: %(text)s", label=label, text=value) for label, value in told)


def _heads() -> list[str]:
    return [
        _("Name"),
        _("Sex"),
        _("Age"),
        _("Unit"),
        _("Distance"),
        _("Skills"),
        _("Insured until"),
        _("Phone"),
    ]


def _lines(wanted: Wanted, found: Sequence[Any]) -> list[list[Any]]:
    g.held = held = Held(wanted)
    held.person_ids = {row.person_id for row in found}
    held.read()
    unit = named("unit")()
    return [
        [
            row.name,
            _sex(row),
            _age(row),
            unit(row),
            str(NEARNESS[row.nearness]),
            held.skills_of(row.person_id),
            held.insured_of(row.person_id),
            row.phone,
        ]
        for row in found
    ]


def _as_file(wanted: Wanted, heads: Sequence[str], lines: Sequence[Sequence[Any]]) -> Response:
    file = io.BytesIO()
    write_xlsx(file, heads, lines)
    file.seek(0)
    name = f"{_('Call-out list')}-{wanted.day.isoformat()}.xlsx"
    answer = send_file(file, mimetype=XLSX, as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
