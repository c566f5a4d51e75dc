"""Pages without sign-in."""

from __future__ import annotations

from registry.public import (
    views_proof,  # noqa: F401
    views_verify,  # noqa: F401 - adds its pages to the blueprint.
)
from registry.public.blueprint import blueprint, install

__all__ = ["blueprint", "install"]
