"""Demo data has passwords that everyone knows, so it is served to this computer only."""

from __future__ import annotations

from ipaddress import ip_address

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from registry.accounts.settings import is_demo
from registry.core.db import db
from registry.web.guard import STATIC_ENDPOINTS

_PAGE = (
    "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>演示数据 · Demo data</title>"
    "<p>演示数据只能在运行本系统的电脑上使用。</p>"
    "<p lang=en>Demo data is served only to the computer the registry runs on.</p></html>"
)


def demo_shown() -> bool:
    """Whether pages say that the data is invented; an error page must not fail over it."""
    try:
        return is_demo(db.session())
    except SQLAlchemyError:
        return False


def install(app: Flask) -> None:
    """Refuse other computers, and let pages say that the data is invented."""
    app.jinja_env.globals["demo_shown"] = demo_shown

    @app.before_request
    def _refuse_elsewhere() -> ResponseReturnValue | None:
        if request.endpoint in STATIC_ENDPOINTS or _is_this_computer(request.remote_addr):
            return None
        if demo_shown():
            return _PAGE, 403, {"Content-Type": "text/html; charset=utf-8"}
        return None


def _is_this_computer(address: str | None) -> bool:
    try:
        return address is None or ip_address(address).is_loopback
    except ValueError:
        return False
