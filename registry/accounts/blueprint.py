"""The blueprint of this register; its pages have addresses without a common prefix."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)
