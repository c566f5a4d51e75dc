"""Pages of this register."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("audit", __name__)
