"""What users do to their own account."""

from __future__ import annotations

from registry.accounts import totp
from registry.accounts.models import User
from registry.core import clock
from registry.core.errors import ForbiddenError, RuleError
from registry.core.i18n import N_
from registry.core.write import Write, command

LOCALES = ("zh_CN", "en")
WRONG_CODE = N_(
    "The code is wrong or was used before. Nothing was saved; wait for the next code and type that one."
)


def _refuse_others(w: Write, user: User) -> None:
    if w.actor.user_id != user.id:
        raise ForbiddenError(w.action)


@command(None)
def edit_profile(w: Write, *, user: User, name: str, locale: str) -> User:
    """Change one's own name as others see it, and the language."""
    _refuse_others(w, user)
    if locale not in LOCALES:
        raise RuleError(
            N_("This language is not available. Nothing was saved; choose another one."), "locale"
        )
    user.name, user.locale = name, locale
    return user


@command(None)
def change_password(w: Write, *, user: User, password_hash: str) -> User:
    """Set one's own new password; every session opened before is dead."""
    _refuse_others(w, user)
    user.password_hash = password_hash
    user.password_changed_at = w.at
    user.must_change_password = False
    return user


@command(None)
def set_up_second_factor(w: Write, *, user: User, secret: str, code: str) -> User:
    """Bind an authenticator app; the code proves that it holds the secret."""
    _refuse_others(w, user)
    # The stamp of a write may run ahead of the clock; the app on the phone follows the clock.
    step = totp.matching_step(secret, code, 0, clock.now())
    if step is None:
        raise RuleError(WRONG_CODE, "totp_code")
    user.totp_secret, user.totp_last_step = secret, step
    return user


@command(None)
def use_code(w: Write, *, user: User, code: str) -> User:
    """Accept a code at sign-in; each is good once, also for two requests at the same moment."""
    _refuse_others(w, user)
    step = totp.matching_step(user.totp_secret or "", code, user.totp_last_step, clock.now())
    if user.totp_secret is None or step is None:
        raise RuleError(WRONG_CODE, "totp_code")
    user.totp_last_step = step
    return user


@command(None)
def remove_second_factor(w: Write, *, user: User) -> User:
    """Give up one's own second factor, where no role needs one."""
    _refuse_others(w, user)
    user.totp_secret = None
    return user
