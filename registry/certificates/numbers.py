"""Certificate numbers: one series per credential type, unit and year of issue."""

from __future__ import annotations

from sqlalchemy import select

from registry.accounts.models import Unit
from registry.certificates.models import Certificate, CredentialRule, NumberCounter
from registry.core.db import CHUNK
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.text import clean, narrow
from registry.core.write import Write

LONGEST = 60


def take_numbers(w: Write, rule: CredentialRule, unit: Unit, count: int) -> list[str]:
    """The next `count` numbers of the unit's series of this year in Shanghai, in order.

    The series only moves forward, so a number is never given twice, whatever becomes of the certificate.
    Numbers that imported certificates of this type already carry are passed over.
    """
    year = w.today.year
    counter = w.session.execute(
        select(NumberCounter).where(
            NumberCounter.credential_type_id == rule.credential_type_id,
            NumberCounter.unit_id == unit.id,
            NumberCounter.year == year,
        )
    ).scalar()
    found: dict[str, int] = {}
    first, look = counter.next_serial if counter is not None else 1, count
    while len(found) < count:
        wanted = {_number(rule, unit, year, serial): serial for serial in range(first, first + look)}
        taken = _taken(w, rule.credential_type_id, list(wanted))
        found.update((number, serial) for number, serial in wanted.items() if number not in taken)
        # A template without unit or year meets numbers of other series: each look goes twice as far.
        first, look = first + look, min(2 * look, CHUNK)
    numbers = list(found)[:count]
    following = found[numbers[-1]] + 1
    if counter is not None:
        counter.next_serial = following
        return numbers
    w.add(
        NumberCounter(
            credential_type_id=rule.credential_type_id, unit_id=unit.id, year=year, next_serial=following
        )
    )
    return numbers


def _number(rule: CredentialRule, unit: Unit, year: int, serial: int) -> str:
    # A unit without a GB code is named by its id; the letter keeps that apart from a code.
    return rule.number_template.format(unit=unit.code or f"U{unit.id}", year=year, serial=serial)


def _taken(w: Write, credential_type_id: int, numbers: list[str]) -> set[str]:
    rows = w.session.execute(
        select(Certificate.number).where(
            Certificate.credential_type_id == credential_type_id, Certificate.number.in_(numbers)
        )
    )
    return set(rows.scalars())


def read_number(text: str, field: str | None = "number") -> str:
    """A number as it is stored and looked up: half width, upper case, no spaces. RuleError otherwise."""
    number = "".join(narrow(clean(text)).split()).upper()
    if not number:
        raise RuleError(N_("The certificate number is missing."), field)
    if len(number) > LONGEST:
        raise RuleError(
            N_("The certificate number has %(length)s characters; at most %(limit)s fit."),
            field,
            length=len(number),
            limit=LONGEST,
        )
    return number
