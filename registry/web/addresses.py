"""What may stand in an address."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import IntegerConverter

# The largest number a column of ids holds on either engine.
LARGEST = 2**31 - 1


class RecordNumber(IntegerConverter):
    """The number of a record. An address with one that no record can have does not exist."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max", LARGEST)
        super().__init__(*args, **kwargs)
