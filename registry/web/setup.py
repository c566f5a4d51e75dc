"""Before `init` every page says so, in one sentence, instead of an error."""

from __future__ import annotations

from flask import Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import inspect, select
from sqlalchemy.exc import DBAPIError

from registry.core.db import db
from registry.core.journal import Clock
from registry.core.secrets import Keys, use_keys
from registry.web.guard import STATIC_ENDPOINTS

_PAGE = (
    "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>尚未初始化 · Not set up yet</title>"
    "<h1>系统尚未初始化</h1><p>请在服务器上运行:<code>flask --app app init</code></p>"
    "<h1 lang=en>The registry is not set up yet</h1>"
    "<p lang=en>Please run on the server: <code>flask --app app init</code></p></html>"
)


_NO_DATABASE = (
    "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>数据库未响应 · No database</title>"
    "<h1>数据库暂时没有响应</h1><p>未保存任何内容,请稍后重试;如仍未恢复,请联系系统管理员。</p>"
    "<h1 lang=en>The database does not answer</h1><p lang=en>Nothing was saved. Please try again later; "
    "if it stays so, tell the administrator.</p></html>"
)


def is_ready() -> bool:
    """Whether the keys exist and the database is migrated."""
    if current_app.config["SECRET_KEY"] is None:
        return False
    try:
        return _is_migrated()
    except DBAPIError:
        return False


def _is_migrated() -> bool:
    if not inspect(db.engine).has_table("clock"):
        return False
    return db.session.execute(select(Clock.id)).scalar() is not None


def _takes_up_keys() -> bool:
    """Whether `init` made the keys since this process started; it uses them from now on."""
    if current_app.config["SECRET_KEY"] is not None:
        return False
    try:
        keys = Keys.load(current_app.config["INSTANCE"] / "keys")
    except FileNotFoundError:
        return False
    use_keys(keys)
    current_app.config["SECRET_KEY"] = keys.session
    return True


def install(app: Flask) -> None:
    """Check once per process; a database that is there stays there."""

    @app.before_request
    def _ready() -> ResponseReturnValue | None:
        if app.extensions.get("registry_ready") or request.endpoint in STATIC_ENDPOINTS:
            return None
        if _takes_up_keys():
            return redirect(request.full_path, 307)  # This request began without a session.
        try:
            ready = current_app.config["SECRET_KEY"] is not None and _is_migrated()
        except DBAPIError:
            return _NO_DATABASE, 503, {"Content-Type": "text/html; charset=utf-8", "Retry-After": "30"}
        if ready:
            app.extensions["registry_ready"] = True
            return None
        return _PAGE, 503, {"Content-Type": "text/html; charset=utf-8", "Retry-After": "30"}
