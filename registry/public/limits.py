"""A ceiling on how often one address may ask in a minute."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from threading import Lock


class AddressLimit:
    """Counts requests per address and minute in memory, because a page that is only read writes nothing.

    Each process counts for itself. The ceiling keeps a flood away from the database; what protects the
    tokens is that they cannot be guessed.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._minute = -1
        self._counts: Counter[str] = Counter()

    def passes(self, address: str, now: datetime, most: int) -> bool:
        """Whether the address stays within `most` requests in this minute, this one included."""
        minute = int(now.timestamp() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, Counter()
            self._counts[address] += 1
            return self._counts[address] <= most
