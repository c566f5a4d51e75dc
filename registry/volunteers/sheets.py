"""What is printed on a certificate of service, and how hours are written on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from registry.volunteers.hours import hours_of


@dataclass(frozen=True)
class ServiceItem:
    """What somebody did in one activity: its field and content in Chinese, first and last day, how often, and
    how many minutes."""

    field: str
    content: str
    first_on: date
    last_on: date
    times: int
    minutes: int


@dataclass(frozen=True)
class ProofSheet:
    """All that is printed on one certificate of service, as it was when it was issued.

    `document_masked` is the number of the identity document as it may be shown; `fields` are minutes by field
    in Chinese, in the order they are printed; `demo` marks generated data. Empty texts are left out.
    """

    template_version: str
    number: str
    issued_on: date
    holder_name: str
    document_kind: str
    document_masked: str
    volunteer_number: str
    starts_on: date
    ends_on: date
    minutes: int
    fields: tuple[tuple[str, int], ...]
    items: tuple[ServiceItem, ...]
    issuer_zh: str
    issuer_en: str
    responsible: str
    handled_by: str
    contact: str
    verify_url: str
    demo: bool

    def texts(self) -> str:
        """Every text that comes from a record, to be asked for characters that cannot be printed."""
        told = (
            self.number,
            self.holder_name,
            self.document_kind,
            self.document_masked,
            self.volunteer_number,
            self.issuer_zh,
            self.responsible,
            self.handled_by,
            self.contact,
        )
        return "".join((*told, *(item.field + item.content for item in self.items)))


def chinese_hours(minutes: int) -> str:
    """Minutes as a document states them, exactly: 12 小时, 12.5 小时, 12 小时 20 分."""
    whole, rest = divmod(minutes, 60)
    if rest % 6 == 0:
        return f"{hours_of(minutes)} 小时"
    return f"{whole} 小时 {rest} 分" if whole else f"{rest} 分"
