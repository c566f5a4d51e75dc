"""Units and under which unit they stand, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.accounts import commands
from registry.accounts.blueprint import blueprint
from registry.accounts.forms import ReasonForm
from registry.accounts.forms_units import AddUnitForm, SetUnitParentForm
from registry.accounts.forms_users import chosen_unit
from registry.accounts.models import LEVEL_NAMES, Unit, UnitParent
from registry.accounts.queries import (
    Move,
    UnitTree,
    former_codes,
    move_of,
    parentages,
    tree_on,
    unconfirmed_units,
)
from registry.accounts.queries import units as units_within
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Permission
from registry.web.guard import permit
from registry.web.load import load
from registry.web.locale import local_name
from registry.web.submit import submit


@dataclass(frozen=True)
class Branch:
    """A unit of the tree page with the units directly below it."""

    unit: Unit
    to_confirm: bool
    below: list[Branch]

    @property
    def size(self) -> int:
        """How many units stand below, at any depth."""
        return sum(1 + branch.size for branch in self.below)


def load_unit(id: int) -> Unit:  # noqa: A002
    """The unit within reach; else a 404."""
    found = db.session.execute(units_within(g.scope).where(Unit.id == id)).scalar()
    if found is None:
        raise RecordNotFoundError("unit")
    return found


def _may_edit() -> bool:
    return bool(g.actor.may(Permission.UNIT_EDIT))


def _asked_day() -> date:
    try:
        return date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return clock.today()


@blueprint.get("/units")
@permit(Permission.UNIT_VIEW)
def units() -> ResponseReturnValue:
    """The tree of the units within reach, as it stood on a day."""
    day = _asked_day()
    within = list(db.session.execute(units_within(g.scope)).scalars())
    unsure = set(db.session.execute(unconfirmed_units()).scalars())
    return render_template(
        "accounts/units.html",
        branches=_branches(within, tree_on(db.session(), day), unsure),
        count=len(within),
        day=day,
        may_edit=_may_edit(),
    )


def _branches(within: list[Unit], tree: UnitTree, unsure: set[int]) -> list[Branch]:
    """The units as a tree; those whose parent is out of reach stand at the top."""
    made = {unit.id: Branch(unit, unit.id in unsure, []) for unit in within}
    top: list[Branch] = []
    for unit in within:
        parent = made.get(tree.parent.get(unit.id, 0))
        (top if parent is None else parent.below).append(made[unit.id])
    return top


@blueprint.get("/units/<int:id>")
@permit(Permission.UNIT_VIEW)
def unit(id: int) -> ResponseReturnValue:  # noqa: A002
    """One unit: its codes, and under which units it stood."""
    record = load_unit(id)
    tree = tree_on(db.session(), clock.today())
    within = list(
        db.session.execute(units_within(g.scope).where(Unit.id.in_(tree.below(record.id)))).scalars()
    )
    return render_template(
        "accounts/unit.html",
        unit=record,
        level=LEVEL_NAMES[record.level],
        parentages=db.session.execute(parentages(record.id)).all(),
        current=tree.parent.get(record.id),
        codes=db.session.execute(former_codes(record.id)).scalars().all(),
        below=[other for other in within if tree.parent.get(other.id) == record.id],
        count=len(within) - 1,
        may_edit=_may_edit(),
    )


@blueprint.route("/units/add", methods=["GET", "POST"])
@permit(Permission.UNIT_EDIT)
def add_unit() -> ResponseReturnValue:
    """Add a unit under another one."""
    form = AddUnitForm(parent=request.args.get("parent", ""))
    if form.validate_on_submit():
        done = submit(
            form,
            commands.add_unit,
            name=form.name.data,
            name_en=form.name_en.data,
            level=form.level.data,
            parent=chosen_unit(form.parent.data),
            code=form.code.data or None,
            starts_on=form.starts_on.data,
            locate=lambda made: url_for("accounts.unit", id=made.id),
            saved=_("The unit is added."),
        )
        if done is not None:
            return done
    return render_template("accounts/add_unit.html", form=form)


@blueprint.route("/units/<int:id>/parent", methods=["GET", "POST"])
@permit(Permission.UNIT_EDIT)
def set_unit_parent(id: int) -> ResponseReturnValue:  # noqa: A002
    """Put a unit under another one from a day on: first what it changes, then yes."""
    record = load_unit(id)
    form = SetUnitParentForm(level=record.level)
    preview = None
    if form.validate_on_submit():
        if "confirm" in request.form:
            done = submit(
                form,
                commands.set_unit_parent,
                unit=record,
                parent=chosen_unit(form.parent.data),
                starts_on=form.starts_on.data,
                confirmed=not form.unsure.data,
                note=form.note.data or "",
                locate=lambda _row: url_for("accounts.unit", id=id),
                saved=_("The unit stands there from that day on."),
            )
            if done is not None:
                return done
        else:
            preview = _preview(record, int(form.parent.data), form.starts_on.data)
    return render_template("accounts/set_unit_parent.html", form=form, unit=record, preview=preview)


@dataclass(frozen=True)
class Preview:
    """What a move does to the sub-totals, with the names of the units."""

    leaves: list[str]
    enters: list[str]
    stays: list[str]
    units: int


def _preview(record: Unit, parent_id: int, day: date) -> Preview:
    move: Move = move_of(tree_on(db.session(), day), record.id, parent_id)
    named = units_within(g.scope).where(Unit.id.in_([*move.leaves, *move.enters, *move.stays]))
    names = {other.id: local_name(other) for other in db.session.execute(named).scalars()}
    leaves, enters, stays = (
        [names[i] for i in ids if i in names] for ids in (move.leaves, move.enters, move.stays)
    )
    return Preview(leaves, enters, stays, move.units)


@blueprint.route("/units/parentages/<int:id>/void", methods=["GET", "POST"])
@permit(Permission.UNIT_EDIT)
def void_unit_parent(id: int) -> ResponseReturnValue:  # noqa: A002
    """Take back a parentage entered in error."""
    parentage = load(UnitParent, id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            commands.void_unit_parent,
            parentage=parentage,
            reason=form.reason.data,
            locate=lambda row: url_for("accounts.unit", id=row.unit_id),
            saved=_("The entry is taken back."),
        )
        if done is not None:
            return done
    return render_template(
        "accounts/void_unit_parent.html",
        form=form,
        parentage=parentage,
        unit=chosen_unit(str(parentage.unit_id)),
        parent=chosen_unit(str(parentage.parent_id)),
    )
