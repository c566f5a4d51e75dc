"""A bare application with the interface kit and no database, for tests of forms, lists and templates."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_babel import Babel

from registry.web import interface, listing_views


def bare_app(locale: str = "en") -> Flask:
    """The templates, filters and globals of the kit; nobody is signed in."""
    root = Path(interface.__file__).parent.parent
    app = Flask("registry", root_path=str(root), template_folder="../templates")
    app.config.update(SECRET_KEY="test", WTF_CSRF_ENABLED=False, TESTING=True)
    Babel(app, locale_selector=lambda: locale)
    interface.install(app, lambda: None)
    app.register_blueprint(listing_views.blueprint)
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    return app
