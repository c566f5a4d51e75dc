"""Pages of this register."""

from __future__ import annotations

from registry.certificates.views import batches, certificates, issuing, printing
from registry.certificates.views.blueprint import blueprint

__all__ = ["batches", "blueprint", "certificates", "issuing", "printing"]
