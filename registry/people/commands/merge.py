"""Two rows found to be one human being, and that taken back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.people.commands.reach import recompute_reach
from registry.people.models import Person, PersonMerge


@command(Permission.PERSON_MERGE)
def merge_persons(
    w: Write, *, loser: Person, winner: Person, reason: str, preview: dict[str, Any] | None = None
) -> PersonMerge:
    """Record that two rows are one human being. No fact is rewritten; counts follow `canonical_id`.

    Both home units must lie within the actor's reach: across units that is an administrator of their
    common parent. RuleError for a row that is merged already, or for one row with itself.
    """
    scope = w.actor.scope(Permission.PERSON_MERGE)
    if not (scope.holds(loser.home_unit_id) and scope.holds(winner.home_unit_id)):
        raise RecordNotFoundError("person")
    if loser.id == winner.id:
        raise RuleError(N_("These are one and the same entry. Nothing was saved."))
    if loser.state != "active" or winner.state != "active":
        raise RuleError(N_("One of the two was merged meanwhile. Nothing was saved; open the pair again."))
    merge = w.add(
        PersonMerge(
            loser_id=loser.id,
            winner_id=winner.id,
            reason=reason,
            preview=preview or {},
            merged_at=w.at,
            merged_by=w.actor.user_id,
        )
    )
    w.session.flush()
    recompute_reach(w, _recompute_canonical(w, {loser.id, winner.id}))
    return merge


@command(Permission.PERSON_MERGE)
def undo_merge(w: Write, *, merge: PersonMerge, reason: str) -> PersonMerge:
    """Take a merge back, in any order; facts entered since stay with the person they were entered for."""
    people = (
        w.session.execute(select(Person).where(Person.id.in_((merge.loser_id, merge.winner_id))))
        .scalars()
        .all()
    )
    scope = w.actor.scope(Permission.PERSON_MERGE)
    if not all(scope.holds(person.home_unit_id) for person in people):
        raise RecordNotFoundError("person_merge")
    if merge.undone_at is not None:
        raise RuleError(N_("This merge was taken back already. Nothing was saved."))
    merge.undone_at, merge.undone_by, merge.undo_reason = w.at, w.actor.user_id, reason
    w.session.flush()
    recompute_reach(w, _recompute_canonical(w, {merge.loser_id, merge.winner_id}))
    return merge


def _recompute_canonical(w: Write, seeds: set[int]) -> set[int]:
    """Set `canonical_id` of everyone connected to the seeds from the merges not undone: always one hop.

    Gives all who are connected.
    """
    group, edges = set(seeds), {}
    while True:
        rows = w.session.execute(
            select(PersonMerge.loser_id, PersonMerge.winner_id, PersonMerge.undone_at).where(
                or_(PersonMerge.loser_id.in_(group), PersonMerge.winner_id.in_(group))
            )
        ).all()
        edges = {row.loser_id: row.winner_id for row in rows if row.undone_at is None}
        grown = group | {row.loser_id for row in rows} | {row.winner_id for row in rows}
        if grown == group:
            break
        group = grown
    for person in w.session.execute(select(Person).where(Person.id.in_(group))).scalars():
        root = person.id
        while root in edges:
            root = edges[root]
        person.canonical_id = root
        if person.state in ("active", "merged"):
            person.state = "active" if root == person.id else "merged"
    w.session.flush()
    return group
