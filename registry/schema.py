"""Every table, imported in one place: migrations, backup and checks read the metadata from here."""

from __future__ import annotations

import registry.accounts.models
import registry.certificates.models
import registry.core.journal
import registry.core.ops
import registry.indicators.models
import registry.people.models
import registry.training.models
import registry.volunteers.models  # noqa: F401
