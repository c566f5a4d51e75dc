"""What may stand in an address."""

from __future__ import annotations

from typing import Any

from werkzeug.routing import IntegerConverter

from registry.core.db import LARGEST_ID


class RecordNumber(IntegerConverter):
    """The number of a record. An address with one that no record can have does not exist."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max", LARGEST_ID)
        super().__init__(*args, **kwargs)
