"""Settings of an installation, read from the environment. Every default is safe."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def read_config(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The Flask configuration of this installation.

    REGISTRY_INSTANCE is the folder of database, keys and fonts; DATABASE_URL names PostgreSQL in
    production; PUBLIC_URL is the address on certificates (https://…), without which nothing is issued.
    """
    root = Path(__file__).resolve().parent.parent
    instance = Path(environ.get("REGISTRY_INSTANCE") or root / "instance").resolve()
    url = environ.get("DATABASE_URL") or f"sqlite:///{(instance / 'registry.db').as_posix()}"
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if not _names_a_database(url):
        # The address itself may hold a password, so it is not repeated.
        raise SystemExit("DATABASE_URL cannot be read; write postgresql://USER:PASSWORD@HOST/DATABASE.")
    public_url = environ.get("PUBLIC_URL", "").rstrip("/")
    secure = public_url.startswith("https://")
    return {
        "INSTANCE": instance,
        "SQLALCHEMY_DATABASE_URI": url,
        "PUBLIC_URL": public_url,
        "TRUSTED_PROXIES": _proxies(environ.get("TRUSTED_PROXIES") or "0"),
        "TRUSTED_HOSTS": [urlsplit(public_url).hostname, "localhost", "127.0.0.1"] if public_url else None,
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 25 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 12 * 1024 * 1024,
        "MAX_FORM_PARTS": 1000,
        "WTF_CSRF_TIME_LIMIT": None,  # A form left open keeps its token as long as the session lives.
        "WTF_CSRF_CHECK_DEFAULT": False,  # guard.py checks it, after the session is known.
        "BABEL_DEFAULT_LOCALE": "zh_CN",
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
        "BOOTSTRAP_SERVE_LOCAL": True,
        "COMPRESS_STREAMS": False,
    }


def _names_a_database(url: str) -> bool:
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        return False
    return True


def _proxies(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise SystemExit("TRUSTED_PROXIES is the number of proxies before the site, 0 or more.")
    return int(text)
