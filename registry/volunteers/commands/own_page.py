"""The page of a volunteer's own, opened by a secret address instead of a sign-in."""

from __future__ import annotations

from registry.core.permissions import Permission
from registry.core.secrets import blind_index, new_token
from registry.core.write import Write, command
from registry.volunteers.models import Volunteer


@command(Permission.VOLUNTEER_EDIT)
def give_page(w: Write, volunteer: Volunteer) -> str:
    """The token of a new address of the volunteer's own page; an earlier address ends. It is told once, since
    only its digest is stored."""
    token = new_token()
    volunteer.page_digest = page_digest(token)
    w.unit_id = volunteer.unit_id
    return token


def page_digest(token: str) -> str:
    """The token of an own page as it is stored."""
    return blind_index("volunteer page", token)
