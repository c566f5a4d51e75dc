"""The key of each person, under which personal values stand in the journal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from registry.core.bulk import insert_rows
from registry.core.db import CHUNK
from registry.core.journal_tables import PersonKey
from registry.core.secrets import current_keys, read_sealed, seal

_KEYS = select(PersonKey.person_id, PersonKey.sealed_key).where(
    PersonKey.person_id.in_(bindparam("person_ids", expanding=True))
)


def person_ciphers(
    session: Session,
    person_ids: Iterable[int],
    *,
    create: bool = False,
    is_new: Callable[[int], bool] = lambda person_id: False,
) -> dict[int, AESGCM]:
    """The journal ciphers of persons; missing keys are made when `create` is set.

    Keys of persons that `is_new` says were just added are not looked for.
    """
    wanted = sorted(set(person_ids))
    stored = [person_id for person_id in wanted if not is_new(person_id)]
    ciphers: dict[int, AESGCM] = {}
    master = current_keys().field_cipher
    for start in range(0, len(stored), CHUNK):
        rows = session.execute(_KEYS, {"person_ids": stored[start : start + CHUNK]})
        ciphers.update(
            {person_id: AESGCM(bytes.fromhex(read_sealed(master, sealed))) for person_id, sealed in rows}
        )
    missing = [p for p in wanted if p not in ciphers] if create else []
    if missing:
        fresh = {p: os.urandom(32) for p in missing}
        insert_rows(
            session.connection(),
            PersonKey,
            [{"person_id": p, "sealed_key": seal(master, key.hex())} for p, key in fresh.items()],
        )
        ciphers.update({p: AESGCM(key) for p, key in fresh.items()})
    return ciphers
