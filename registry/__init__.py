"""The operational registry. `create_app` is the only place that knows every part."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_compress import Compress
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from registry.config import read_config
from registry.core import engines, secrets
from registry.core.db import db
from registry.core.write import Hooks
from registry.web.addresses import RecordNumber


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Build the application; `config` overrides what the environment says."""
    app = Flask("registry", template_folder="../templates", static_folder="static")
    app.config.update(read_config())
    app.config.update(config or {})
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        **engines.engine_options(url),
        **app.config.get("SQLALCHEMY_ENGINE_OPTIONS", {}),
    }
    if app.config["TRUSTED_PROXIES"]:
        hops = app.config["TRUSTED_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]

    app.url_map.converters["int"] = RecordNumber
    _load_keys(app)
    db.init_app(app)
    with app.app_context():
        for database in db.engines.values():
            engines.install(database)
    Migrate(app, db, directory=str(_root() / "migrations"), render_as_batch=True)
    Bootstrap5(app)
    Compress(app)

    from registry import cli
    from registry.accounts import views as accounts
    from registry.accounts.signing import identity
    from registry.audit import views as audit
    from registry.certificates import views as certificates
    from registry.demo import guard as demo
    from registry.desk import views as desk
    from registry.indicators import engine
    from registry.indicators import views as indicators
    from registry.people import commands as people_commands
    from registry.people import views as people
    from registry.public import views as public
    from registry.training import views as training
    from registry.volunteers import views as volunteers
    from registry.web import errors, guard, interface, listing_views, locale, session_cookie, setup

    Babel(app, locale_selector=locale.chosen_locale, timezone_selector=lambda: "Asia/Shanghai")
    session_cookie.install(app)
    setup.install(app)
    demo.install(app)
    guard.install(app)
    errors.install(app)
    locale.install(app)
    interface.install(app, identity)
    for register in (
        accounts,
        people,
        training,
        certificates,
        volunteers,
        indicators,
        desk,
        audit,
        public,
        listing_views,
    ):
        app.register_blueprint(register.blueprint)
        if hasattr(register, "install"):
            register.install(app)
    cli.install(app)
    Hooks.refresh = engine.refresh
    Hooks.reach = people_commands.keep_reach
    # A list of thousands of rows makes hardly any cycles, yet at Python's own thresholds looking for them
    # takes a quarter of its time.
    gc.set_threshold(100_000, 20, 50)
    return app


def _root() -> Any:
    from pathlib import Path

    return Path(__file__).resolve().parent.parent


def _load_keys(app: Flask) -> None:
    """Before `init` there are no keys; the app then only says that it is not set up."""
    try:
        keys = secrets.Keys.load(app.config["INSTANCE"] / "keys")
    except FileNotFoundError:
        app.config["SECRET_KEY"] = None
        return
    secrets.use_keys(keys)
    app.config["SECRET_KEY"] = keys.session
