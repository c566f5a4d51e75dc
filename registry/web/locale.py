"""Which language a page is in, and how messages from core are said in it."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, has_request_context, request, session
from flask_babel import get_locale, get_translations, gettext
from flask_login import current_user

from registry.core.i18n import Message

LOCALES = {"zh_CN": "中文", "en": "English"}


def chosen_locale() -> str:
    """The language chosen on this browser, else the user's, else Chinese."""
    if not has_request_context():
        return "zh_CN"
    chosen = session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    if current_user and current_user.is_authenticated:
        return str(current_user.locale)
    return "en" if request.accept_languages.best_match(["zh", "en"], "zh") == "en" else "zh_CN"


def translate(message: Message | str) -> str:
    """A message of core in the language of the page; parameters that are messages come first."""
    if isinstance(message, str):
        return str(gettext(message))
    params = {k: translate(v) if isinstance(v, Message) else v for k, v in message.params.items()}
    text = str(gettext(message.text))
    return text % params if params else text


def local_name(record: object) -> str:
    """The name of a unit, course type or credential type in the language of the page."""
    if get_locale() is not None and get_locale().language == "en":
        return str(getattr(record, "name_en", None) or record.name)  # type: ignore[attr-defined]
    return str(record.name)  # type: ignore[attr-defined]


def _catalogue() -> Any:
    """The catalogue of this request, looked up once."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


def install(app: Flask) -> None:
    """Give templates the language and the two functions above."""
    app.add_template_filter(translate, "told")
    # A page says a few hundred words; looking the catalogue up for each of them costs more than the words.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _catalogue().ugettext(text),
        lambda one, many, count: _catalogue().ungettext(one, many, count),
        newstyle=True,
    )
    app.add_template_filter(local_name, "local_name")

    @app.context_processor
    def _languages() -> dict[str, object]:
        return {"locales": LOCALES, "locale": str(get_locale()), "actor": g.get("actor")}
