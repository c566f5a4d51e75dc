"""Before `init` every page says so, in one sentence, instead of an error."""

from __future__ import annotations

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import inspect, select
from sqlalchemy.exc import DBAPIError

from registry.core.db import db
from registry.core.journal import Clock

_PAGE = (
    "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>尚未初始化 · Not set up yet</title>"
    "<h1>系统尚未初始化</h1><p>请在服务器上运行:<code>flask --app app init</code></p>"
    "<h1 lang=en>The registry is not set up yet</h1>"
    "<p lang=en>Please run on the server: <code>flask --app app init</code></p></html>"
)


def is_ready() -> bool:
    """Whether the keys exist and the database is migrated."""
    if current_app.config["SECRET_KEY"] is None:
        return False
    try:
        if not inspect(db.engine).has_table("clock"):
            return False
        return db.session.execute(select(Clock.id)).scalar() is not None
    except DBAPIError:
        return False


def install(app: Flask) -> None:
    """Check once per process; a database that is there stays there."""

    @app.before_request
    def _ready() -> ResponseReturnValue | None:
        if app.extensions.get("registry_ready") or request.endpoint == "static":
            return None
        if is_ready():
            app.extensions["registry_ready"] = True
            return None
        return _PAGE, 503, {"Content-Type": "text/html; charset=utf-8", "Retry-After": "30"}
