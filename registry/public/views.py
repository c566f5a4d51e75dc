"""Pages without sign-in."""

from __future__ import annotations

from registry.public import (  # noqa: F401 - each adds its pages to the blueprint.
    views_check_in,
    views_hours,
    views_own_page,
    views_proof,
    views_shifts,
    views_sign_up,
    views_verify,
)
from registry.public.blueprint import blueprint, install

__all__ = ["blueprint", "install"]
