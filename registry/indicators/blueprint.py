"""The blueprint that the view modules of this register share."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("indicators", __name__, url_prefix="/indicators")
