"""Passwords: argon2id hashes, the two password policies, and passwords made for somebody else."""

from __future__ import annotations

import re
import secrets as random
import string
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from registry.core.errors import RuleError
from registry.core.i18n import N_

# OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# The hash of a random text nobody knows. Verifying against it costs what a real account costs.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$LjUGKc2jEWJOeXouel3jqQ$FhoDAPWbVXZAp43MbT90TNa0L02C+bi6TKMWMuhh/Xs"

LONGEST = 128

# Letters that are taken for digits on paper are left out.
_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_DIGITS = "23456789"
_GROUPS, _GROUP = 4, 4


@dataclass(frozen=True)
class Policy:
    """What a password must be. `classes` counts small letters, capitals, digits and other characters."""

    shortest: int
    classes: int
    lives: timedelta | None


# mlps: GB/T 22239-2019 asks for complexity and periodic change; the figures are customary and to confirm.
# nist: NIST SP 800-63B asks for length, no composition rule and no forced change.
POLICIES = {
    "mlps": Policy(shortest=10, classes=3, lives=timedelta(days=90)),
    "nist": Policy(shortest=15, classes=1, lives=None),
}

# What is left of a guessable password when digits and signs are taken away.
_COMMON = frozenset(
    re.split(
        r"\s+",
        """password passwd admin administrator root user guest test demo welcome login iloveyou letmein
        monkey dragon qwerty qwertyuiop asdfgh asdfghjkl zxcvbnm qazwsx a aa aaa abc abcd abcdef abcdefg
        redcross redcrossregistry honghui hongshizi hongshizihui jilin jilinsheng changchun hszh jlhszh
        mima woaini""",
    )
)


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its salt and parameters in it."""
    return _HASHER.hash(_prepared(password))


def verify_password(password_hash: str, password: str) -> bool:
    """Whether the password is the one; a text that is no hash fits no password."""
    try:
        return _HASHER.verify(password_hash, _prepared(password))
    except (VerificationError, InvalidHashError):
        return False


def check_password(password: str, username: str, policy_name: str) -> None:
    """Whether a new password satisfies the policy `mlps` or `nist`; RuleError says what it lacks."""
    policy = POLICIES[policy_name]
    prepared = _prepared(password)
    if len(prepared) < policy.shortest:
        raise RuleError(
            N_("The password has fewer than %(count)s characters. Nothing was saved; choose a longer one."),
            "password",
            count=policy.shortest,
        )
    if len(prepared) > LONGEST:
        raise RuleError(
            N_("The password has more than %(count)s characters. Nothing was saved; choose a shorter one."),
            "password",
            count=LONGEST,
        )
    if _classes(prepared) < policy.classes:
        raise RuleError(
            N_(
                "The password needs three of these: small letters, capital letters, digits, "
                "other characters. Nothing was saved; choose another one."
            ),
            "password",
        )
    if _is_guessable(prepared, username):
        raise RuleError(
            N_("This password is easy to guess. Nothing was saved; choose another one."), "password"
        )


def is_due(policy_name: str, changed_at: datetime, moment: datetime) -> bool:
    """Whether a password set at `changed_at` has to be changed by now under the policy."""
    lives = POLICIES[policy_name].lives
    return lives is not None and changed_at + lives <= moment


def generate_password() -> str:
    """A password to hand over on paper: four groups of four, about 72 bits, fit for either policy."""
    while True:
        groups = [
            "".join(random.choice(_LETTERS + _LETTERS.upper() + _DIGITS) for _ in range(_GROUP))
            for _ in range(_GROUPS)
        ]
        password = "-".join(groups)
        if _classes(password) == 4:
            return password


def _prepared(password: str) -> str:
    # The same password typed on another keyboard may arrive as other code points.
    return unicodedata.normalize("NFKC", password)


def _classes(password: str) -> int:
    return sum(
        (
            any(c in string.ascii_lowercase for c in password),
            any(c in string.ascii_uppercase for c in password),
            any(c in string.digits for c in password),
            any(c not in string.ascii_letters + string.digits for c in password),
        )
    )


def _is_guessable(password: str, username: str) -> bool:
    low = password.casefold()
    letters = "".join(c for c in low if c.isalpha())
    name = unicodedata.normalize("NFKC", username).casefold()
    return (
        (len(name) >= 3 and name in low)
        or letters in _COMMON
        or len(set(low)) < 5
        or low in string.digits * 4
        or low in string.digits[::-1] * 4
    )
