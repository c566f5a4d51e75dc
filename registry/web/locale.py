"""Which language a page is in, and how messages from core are said in it."""

from __future__ import annotations

from functools import cache
from typing import Any

from babel import Locale
from flask import Flask, g, has_request_context, request, session
from flask_babel import Domain, get_babel, get_locale, gettext
from flask_login import current_user
from markupsafe import Markup

from registry.core.i18n import Message

LOCALES = {"zh_CN": "中文", "en": "English"}


def chosen_locale() -> Locale:
    """The language chosen on this browser, else the user's, else Chinese."""
    return _parsed(_chosen())


def _chosen() -> str:
    if not has_request_context():
        return "zh_CN"
    chosen = session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    if current_user and current_user.is_authenticated:
        return str(current_user.locale)
    return "en" if request.accept_languages.best_match(["zh", "en"], "zh") == "en" else "zh_CN"


# Babel looks through a thousand files for each name it reads.
_parsed = cache(Locale.parse)


class _Catalogues(Domain):  # type: ignore[misc]
    """Our messages. A page says a few hundred words, so their catalogue is looked up once per request.

    It is kept where `force_locale` and `refresh` of Flask-Babel take it away again.
    """

    def get_translations(self) -> Any:
        try:
            found = g._flask_babel.babel_translations
        except (AttributeError, RuntimeError):  # The first word, or no request.
            found = None
        if found is None:
            found = super().get_translations()
            if g:
                g._flask_babel.babel_translations = found
        return found


_CATALOGUES = _Catalogues()


def say(text: str, /, **values: object) -> Markup:
    """A message of a template in the language of the page; values are escaped."""
    said = Markup(_CATALOGUES.get_translations().ugettext(text))  # noqa: S704 - the catalogues are ours.
    return said % values if "%" in said else said


def translate(message: Message | str) -> str:
    """A message of core in the language of the page; parameters that are messages come first."""
    if isinstance(message, str):
        return str(gettext(message))
    params = {k: translate(v) if isinstance(v, Message) else v for k, v in message.params.items()}
    text = str(gettext(message.text))
    return text % params if params else text


def is_english() -> bool:
    """Whether the page is in English, else it is in Chinese."""
    locale = get_locale()
    return locale is not None and locale.language == "en"


def local_name(record: object) -> str:
    """The name of a unit, course type or credential type in the language of the page."""
    if is_english():
        return str(getattr(record, "name_en", None) or record.name)  # type: ignore[attr-defined]
    return str(record.name)  # type: ignore[attr-defined]


def install(app: Flask) -> None:
    """Give templates the language and the two functions above."""
    app.add_template_filter(translate, "told")
    get_babel(app).instance.domain_instance = _CATALOGUES
    app.jinja_env.globals["_"] = say
    app.add_template_filter(local_name, "local_name")

    @app.context_processor
    def _languages() -> dict[str, object]:
        return {"locales": LOCALES, "locale": str(get_locale()), "actor": g.get("actor")}
