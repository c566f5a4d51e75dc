"""Makers of batches and certificates for tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from registry.accounts.models import SettingValue
from registry.accounts.settings import forget_settings
from registry.certificates.commands import BatchEntry, issue_batch, prepare_batch
from registry.certificates.models import Certificate, CertificateBatch, CredentialType
from registry.certificates.queries.batches import batch_certificates
from registry.certificates.snapshots import font_book
from registry.core.permissions import Role
from registry.core.scope import SYSTEM, Actor
from registry.core.write import run, write
from tests import factories as make

PUBLIC_URL = "https://hszh.example.org"


def choose(key: str, value: object) -> None:
    """Set a setting of the installation."""
    with write("accounts.factory", SYSTEM) as w:
        w.add(SettingValue(key=key, value=value, confirmed=True, known_seq=w.seq))
        forget_settings(w.session)


def confirm_address() -> None:
    """Confirm PUBLIC_URL, so that certificates can be issued."""
    choose("public_url_confirmed", PUBLIC_URL)


def credential(session: Session, code: str = "rescuer") -> CredentialType:
    """A credential type by its code."""
    return session.execute(select(CredentialType).where(CredentialType.code == code)).scalar_one()


def entries(person_ids: Sequence[int]) -> list[BatchEntry]:
    """Entries of one course."""
    return [BatchEntry(person_id, "第3期红十字救护员培训班", 16, "演示单位") for person_id in person_ids]


def prepared(
    session: Session,
    person_ids: Sequence[int],
    *,
    actor: Actor | None = None,
    unit_code: str = make.NANGUAN,
    credential_code: str = "rescuer",
) -> CertificateBatch:
    """A batch prepared by a trainer of the unit, or by `actor`."""
    actor = actor or make.actor(session, Role.TRAINER, unit_code)
    return run(
        actor,
        prepare_batch,
        unit_id=make.unit(session, unit_code).id,
        credential_type_id=credential(session, credential_code).id,
        title="第3期红十字救护员培训班",
        entries=entries(person_ids),
    )


def issue(batch: CertificateBatch, actor: Actor = SYSTEM, public_url: str = PUBLIC_URL) -> CertificateBatch:
    """Issue a batch, by default as the system."""
    return run(actor, issue_batch, batch, fonts=font_book(), public_url=public_url)


def issued(
    session: Session,
    person_ids: Sequence[int],
    *,
    unit_code: str = make.NANGUAN,
    credential_code: str = "rescuer",
) -> list[Certificate]:
    """Certificates issued in one batch, in the order of the persons; the address is confirmed before."""
    batch = prepared(session, person_ids, unit_code=unit_code, credential_code=credential_code)
    confirm_address()
    issue(batch)
    return list(batch_certificates(session, batch.id))


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
