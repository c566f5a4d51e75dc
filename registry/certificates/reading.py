"""What the rows of a list of certificates name: credential types and their rules, and units within reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.imports import UnitNames
from registry.certificates.models import CredentialRule, CredentialType
from registry.certificates.validity import last_valid_day
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.imports import RowError, plain
from registry.core.scope import Scope

__all__ = ["Catalogue", "RowError"]


@dataclass
class Catalogue:
    """What the rows name, read once for a whole list."""

    types: dict[str, CredentialType]
    rules: list[CredentialRule]
    units: UnitNames

    @classmethod
    def load(cls, session: Session, scope: Scope, day: date) -> Catalogue:
        """Types and rules, and the units within reach as they are called on a day."""
        types: dict[str, CredentialType] = {}
        for kind in session.execute(select(CredentialType)).scalars():
            types.update(dict.fromkeys((plain(kind.code), plain(kind.name), plain(kind.name_en)), kind))
        rules = session.execute(
            select(CredentialRule).order_by(CredentialRule.starts_on.desc(), CredentialRule.version.desc())
        )
        return cls(types, list(rules.scalars()), UnitNames.load(session, scope, day))

    def credential_type(self, text: str) -> int:
        """The credential type a row names; a list without that column is one of first-aid certificates."""
        kind = self.types.get(plain(text) or "rescuer")
        if kind is None:
            raise RuleError(
                N_("There is no certificate of the type “%(text)s”. Write one of: %(names)s."),
                "credential_type",
                text=text[:60],
                names="、".join(dict.fromkeys(kind.name for kind in self.types.values())),
            )
        return kind.id

    def valid_until(self, credential_type_id: int, issued_on: date) -> date | None:
        """The last valid day by the rule in force when it was issued."""
        rules = [rule for rule in self.rules if rule.credential_type_id == credential_type_id]
        # The first rule stands for what was issued before it, too.
        rule = next((rule for rule in rules if rule.starts_on <= issued_on), rules[-1])
        return last_valid_day(issued_on, rule.validity_months, rule.last_day)
