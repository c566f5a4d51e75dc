"""Pages without sign-in."""

from __future__ import annotations

from registry.public import (  # noqa: F401 - each adds its pages to the blueprint.
    views_own_page,
    views_sign_up,
    views_check_in,
    views_shifts,
    views_hours,
    views_verify,
from registry.public import (
    views_proof,  # noqa: F401
    views_verify,  # noqa: F401 - adds its pages to the blueprint.
)
from registry.public.blueprint import blueprint, install

__all__ = ["blueprint", "install"]
