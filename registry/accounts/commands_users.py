"""What administrators do to users, within their reach and up to their own level."""

from __future__ import annotations

from datetime import date

from registry.accounts.models import RoleGrant, Unit, User
from registry.accounts.rules import refuse_beyond_reach, refuse_last_administrator, refuse_self
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission, Role
from registry.core.write import Write, command


@command(Permission.USER_MANAGE)
def edit_user(w: Write, *, user: User, name: str, unit: Unit) -> User:
    """Correct the name of a user or move the user to another home unit."""
    refuse_beyond_reach(w, user)
    if not w.actor.scope(Permission.USER_MANAGE).holds(unit.id):
        raise RuleError(N_("The home unit has to be one of your own units. Nothing was saved."), "unit")
    user.name, user.home_unit_id = name, unit.id
    return user


@command(Permission.USER_MANAGE)
def end_role(w: Write, *, grant: RoleGrant, user: User, ends_on: date) -> RoleGrant:
    """End a role: `ends_on` is the first day without it, today at the earliest."""
    refuse_beyond_reach(w, user)
    refuse_self(w, user)
    if grant.user_id != user.id or (grant.ends_on is not None and grant.ends_on <= w.today):
        raise RuleError(N_("This role has ended already. Nothing was saved."))
    if ends_on < w.today:
        raise RuleError(
            N_("A role cannot end in the past. Nothing was saved; choose today or later."), "ends_on"
        )
    if grant.role == Role.PROVINCE_ADMIN.value:
        refuse_last_administrator(w, user)
    grant.ends_on = max(ends_on, grant.starts_on)
    return grant


@command(Permission.USER_MANAGE)
def disable_user(w: Write, *, user: User) -> User:
    """Shut a user out from the next request on; roles and history stay."""
    refuse_beyond_reach(w, user)
    refuse_self(w, user)
    refuse_last_administrator(w, user)
    if not user.active:
        raise RuleError(N_("This user is disabled already. Nothing was saved."))
    user.active = False
    return user


@command(Permission.USER_MANAGE)
def enable_user(w: Write, *, user: User) -> User:
    """Let a disabled user in again."""
    refuse_beyond_reach(w, user)
    if user.active:
        raise RuleError(N_("This user is not disabled. Nothing was saved."))
    user.active = True
    return user


@command(Permission.USER_MANAGE)
def reset_password(w: Write, *, user: User, password_hash: str) -> User:
    """Give a user a new initial password, to be changed at once; all his sessions end."""
    refuse_beyond_reach(w, user)
    user.password_hash = password_hash
    user.password_changed_at = w.at
    user.must_change_password = True
    return user


@command(Permission.USER_MANAGE)
def reset_second_factor(w: Write, *, user: User) -> User:
    """Take away a lost second factor; if a role needs one, it is set up anew at the next sign-in."""
    refuse_beyond_reach(w, user)
    if user.totp_secret is None:
        raise RuleError(N_("This user has no second factor. Nothing was saved."))
    user.totp_secret = None
    return user
