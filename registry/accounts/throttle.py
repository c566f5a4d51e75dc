"""Failed sign-ins are slowed down per account and, twenty times wider, per address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.ops import Throttle, key_digest, ops_session

WINDOW = timedelta(minutes=15)
# Five tries at once; then so many minutes after the first failure the next one. In no 15 minutes there are
# more than ten.
_WAIT_MINUTES = {5: 1, 6: 2, 7: 4, 8: 8, 9: 12}
# An office shares one address.
ADDRESS_FACTOR = 20


@dataclass(frozen=True)
class Gate:
    """One thing that tries are counted for. `factor` widens it: so many failures count as one."""

    key: str
    factor: int = 1


def account_gate(username: str) -> Gate:
    """Tries against a sign-in name, whether it exists or not."""
    return Gate(key_digest("account", username.casefold()))


def device_gate(username: str, device: str) -> Gate:
    """Tries against a sign-in name from a browser it was used on; they are counted apart, so that a
    stranger's failures do not lock the owner out."""
    return Gate(key_digest("device", username.casefold(), device))


def user_gate(purpose: str, user_id: int) -> Gate:
    """Tries of somebody whose name is known already: a code, a password given again."""
    return Gate(key_digest(purpose, str(user_id)))


def address_gate(address: str) -> Gate:
    """Tries from an address; of IPv6 the network, since one computer has many addresses in it."""
    try:
        read = ip_address(address)
        network = str(ip_network((read, 64), strict=False)) if read.version == 6 else str(read)
    except ValueError:
        network = address
    return Gate(key_digest("address", network), ADDRESS_FACTOR)


def take_try(gates: Sequence[Gate]) -> datetime | None:
    """Count one try at every gate before it is known whether it fails, or say when the next is possible.

    None: go on, and call `forgive` when the try succeeds. Counting first keeps parallel guesses exact.
    """
    now = clock.now()
    with ops_session() as session:
        rows = [(_row(session, gate.key, now), gate.factor) for gate in gates]
        opens = max(_opens_at(row, factor) for row, factor in rows)
        if opens > now:
            return opens
        for row, _factor in rows:
            row.failures += 1
    return None


def forgive(own: Gate, address: Gate | None = None) -> None:
    """A try succeeded: forget the failures of the account; the address only gets its last try back."""
    with ops_session() as session:
        session.execute(delete(Throttle).where(Throttle.key == own.key))
        if address is not None:
            session.execute(
                update(Throttle)
                .where(Throttle.key == address.key, Throttle.failures > 0)
                .values(failures=Throttle.failures - 1)
            )


def _opens_at(row: Throttle, factor: int) -> datetime:
    failures = row.failures // factor
    if failures < min(_WAIT_MINUTES):
        return row.window_start
    minutes = _WAIT_MINUTES.get(failures)
    return row.window_start + (timedelta(minutes=minutes) if minutes else WINDOW)


def _row(session: Session, key: str, now: datetime) -> Throttle:
    row = session.get(Throttle, key, with_for_update=True)
    if row is None:
        try:
            with session.begin_nested():
                session.add(Throttle(key=key, window_start=now, failures=0))
        except IntegrityError:
            pass  # Another try of the same moment made it.
        row = session.get_one(Throttle, key, with_for_update=True)
    if row.window_start + WINDOW <= now:
        row.window_start, row.failures = now, 0
    elif row.window_start > now:
        row.window_start = now  # The clock was set back; nobody waits until it has caught up.
    return row
