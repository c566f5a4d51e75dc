"""A list of volunteers of one or many units, taken in as one write."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from registry.core.errors import RecordNotFoundError
from registry.core.imports import Imported, ListRefusedError, only
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.volunteers.commands.admit import admit
from registry.volunteers.imports_volunteers import VolunteerRow, refuse_admissions


@command(Permission.VOLUNTEER_EDIT)
def import_volunteers(w: Write, *, rows: Sequence[VolunteerRow]) -> Imported:
    """Admit the people of a checked list as enrolled volunteers (登记) of their units: all, or nobody.

    Who is a volunteer already is left as is and counts as known. ListRefusedError with every row that
    cannot be admitted.
    """
    scope = w.actor.scope(Permission.VOLUNTEER_EDIT)
    if not all(scope.holds(row.unit_id) for row in rows):
        raise RecordNotFoundError("unit")
    if errors := refuse_admissions(w.session, [row.admission for row in rows], w.today):
        raise ListRefusedError(errors)
    saved = 0
    for unit_id, of_unit in groupby(sorted(rows, key=lambda row: row.unit_id), key=lambda row: row.unit_id):
        admissions = [row.admission for row in of_unit]
        saved += admit(w, unit_id=unit_id, admissions=admissions, source="import").saved
    w.unit_id = only({row.unit_id for row in rows})
    return Imported(saved, len(rows) - saved)
