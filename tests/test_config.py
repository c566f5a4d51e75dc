"""Settings of an installation that cannot be understood are refused in one sentence."""

from __future__ import annotations

import pytest

from registry.config import read_config


@pytest.mark.parametrize("url", ["nonsense", "://", "postgresql://geheim@host:port/registry"])
def test_an_address_of_no_database(url: str) -> None:
    with pytest.raises(SystemExit, match="DATABASE_URL cannot be read") as refused:
        read_config({"DATABASE_URL": url})
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("text", ["yes", "-1", "1.5"])
def test_a_number_of_proxies_that_is_none(text: str) -> None:
    with pytest.raises(SystemExit, match="TRUSTED_PROXIES"):
        read_config({"TRUSTED_PROXIES": text})


def test_what_is_said_plainly_is_understood() -> None:
    told = read_config({"DATABASE_URL": "postgresql://a:b@host:5432/registry", "TRUSTED_PROXIES": "2"})
    assert told["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://a:b@host:5432/registry"
    assert told["TRUSTED_PROXIES"] == 2
