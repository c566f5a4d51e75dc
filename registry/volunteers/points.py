"""What the ledger of points says of one volunteer: which points are left, of which service, until when."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass
class Lot:
    """Points that came in together, in hundredths; `left` of them can still be used."""

    service_line_id: int | None
    earned: int
    left: int
    expires_on: date | None
    expired: int = 0


@dataclass
class Account:
    """The lots of a volunteer in the order they came in. `owed` is what reversals could not take back yet."""

    lots: list[Lot] = field(default_factory=list)
    owed: int = 0

    @property
    def balance(self) -> int:
        """What is there, in hundredths; the sum of all lines."""
        return sum(lot.left for lot in self.lots)

    def usable(self, day: date) -> int:
        """What of it can be used on a day, whether or not what expired was written off already."""
        return self.balance - self.due(day)

    def due(self, day: date) -> int:
        """What is there but can no longer be used on a day."""
        return sum(lot.left for lot in self.lots if lot.expires_on is not None and lot.expires_on <= day)

    def soonest(self) -> list[Lot]:
        """The lots with something left, those that expire first at the front."""
        return sorted((lot for lot in self.lots if lot.left), key=lambda lot: (lot.expires_on or date.max,))

    def take(self, points: int) -> None:
        """Use points, those that expire first at first."""
        for lot in self.soonest():
            taken = min(points, lot.left)
            lot.left -= taken
            points -= taken

    def expire(self, day: date) -> int:
        """Write off what can no longer be used on a day; gives how much."""
        gone = 0
        for lot in self.lots:
            if lot.expires_on is not None and lot.expires_on <= day:
                gone += lot.left
                lot.expired += lot.left
                lot.left = 0
        return gone

    def lot_of(self, service_line_id: int) -> Lot | None:
        """What a line of the ledger of hours earned; None when it earned nothing."""
        return next((lot for lot in self.lots if lot.service_line_id == service_line_id), None)

    def reverse(self, lot: Lot, points: int) -> None:
        """Take back points, first those of the lot itself."""
        own = min(points, lot.left)
        lot.left -= own
        self.take(points - own)

    def apply(self, line: Any) -> None:
        """Take up the next line of the ledger."""
        if line.points > 0:
            self.lots.append(Lot(line.service_line_id, line.points, line.points, line.expires_on))
        elif line.kind == "expire":
            self.expire(line.on)
        elif line.kind == "reverse":
            lot = self.lot_of(line.reverses_id)
            self.owed += line.shortfall
            if lot is not None:
                self.reverse(lot, -line.points)
        else:
            if line.kind == "settle":
                self.owed += line.points
            self.take(-line.points)
