"""What a filled-in form of the tests is made of."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from registry.accounts.models import User
from tests import factories


@dataclass(frozen=True)
class Filled:
    """A form ready to be sent: the address of its page, where it goes, and what is typed in.

    `changed` is what is typed differently when the page is sent once more; `picked` what a list posts to
    open the page.
    """

    page: str
    fields: dict[str, Any] = field(default_factory=dict)
    action: str = ""
    changed: dict[str, Any] = field(default_factory=dict)
    picked: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the form is sent."""
        return self.action or self.page


def rows(*found: dict[str, Any]) -> dict[str, str]:
    """The field of a grid with these rows."""
    return {"rows": json.dumps({"rows": list(found)}, ensure_ascii=False)}


def listed(*people: dict[str, str]) -> dict[str, Any]:
    lines = "\n".join(f"{one['name']},{one['document_number']},{one['phone']}" for one in people)
    return {"file": (io.BytesIO(f"姓名,身份证号,手机\n{lines}\n".encode()), "名单.csv")}


def unit_id(session: Session, code: str = factories.CHANGCHUN) -> str:
    """A unit as a form sends it."""
    return str(factories.unit(session, code).id)


Maker = Callable[[Session, User], Filled]
