"""Fold, refresh and read figures."""

from __future__ import annotations

from registry.core.write import Write


def refresh(w: Write) -> None:
    """Fold the figures of the records this write touched."""
