"""How far an administrator may go: within reach, up to the own level, and never alone out of the system."""

from __future__ import annotations

from registry.accounts.models import Unit, User
from registry.accounts.queries_users import (
    LEVEL_OF,
    grants_not_over,
    province_administrators,
    rank,
    rank_over,
)
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission, Role
from registry.core.write import Write


def refuse_beyond_reach(w: Write, user: User) -> None:
    """Refuse to touch a user at home elsewhere, or with a role elsewhere or above one's own.

    A password reset would otherwise lend the rights of a higher user.
    """
    scope = w.actor.scope(Permission.USER_MANAGE)
    if not scope.holds(user.home_unit_id):
        raise RecordNotFoundError("user")
    for grant in grants_not_over(w.session, user.id, w.today):
        within = scope.holds(grant.unit_id)
        if not within or rank(Role(grant.role)) > rank_over(w.session, w.actor, grant.unit_id, w.today):
            raise RuleError(
                N_(
                    "%(name)s has a role above or outside yours. Nothing was saved; "
                    "ask an administrator at that level."
                ),
                name=user.name,
            )


def refuse_grant(w: Write, user: User, role: Role, unit: Unit) -> None:
    """Refuse to give a role to oneself, above one's own level, or at a unit of another level than its own."""
    if w.actor.user_id is None:
        return
    if user.id == w.actor.user_id:
        raise RuleError(
            N_("Nobody gives a role to themselves. Nothing was saved; ask another administrator."), "role"
        )
    if rank(role) > rank_over(w.session, w.actor, unit.id, w.today):
        raise RuleError(
            N_("This role is above your own. Nothing was saved; ask an administrator at that level."), "role"
        )
    if LEVEL_OF.get(role, unit.level) != unit.level:
        raise RuleError(
            N_("This role belongs to a unit of its own level. Nothing was saved; choose another unit."),
            "unit",
        )


def refuse_self(w: Write, user: User) -> None:
    """Refuse to take one's own rights away."""
    if user.id == w.actor.user_id:
        raise RuleError(N_("You cannot do this to yourself. Nothing was saved; ask another administrator."))


def refuse_last_administrator(w: Write, user: User) -> None:
    """Refuse to leave the registry without a province administrator."""
    if province_administrators(w.session, w.today) == {user.id}:
        raise RuleError(
            N_("This is the last province administrator. Nothing was saved; name another one first.")
        )
