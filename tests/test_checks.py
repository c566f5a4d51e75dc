"""The checks see what they are there to see, and the fixtures give every test the same beginning."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import grimp
import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from importlinter import Contract
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

import bench.__main__ as bench_program
from registry.accounts.models import Unit
from registry.core.db import db
from registry.core.ops import Preference, save_preference
from tests.checks import catalogues
from tests.checks.contracts import KindsContract, NeighboursContract
from tests.checks.migrations import problems

# Migrations and triggers


def test_a_migrated_database_is_that_of_the_models(session: Session) -> None:
    assert problems(session.connection()) == []


DROPS = {
    "sqlite": "DROP TRIGGER journal_line_no_delete",
    "postgresql": "DROP TRIGGER journal_line_no_change ON journal_line",
}


def test_a_lost_trigger_is_seen(app: Flask, engine_name: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        before = problems(connection)
        connection.execute(text(DROPS[engine_name]))
        assert set(problems(connection)) - set(before) == {"journal_line is insert-only and has no trigger"}


def test_a_table_that_differs_from_its_model_is_seen(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        before = problems(connection)
        connection.execute(text("ALTER TABLE throttle ADD COLUMN forgotten INTEGER"))
        (found,) = set(problems(connection)) - set(before)
    assert "forgotten" in found


# Import contracts


NEIGHBOURS = NeighboursContract("neighbours", {}, {"private": ["views", "forms"], "shared": ["web"]})
KINDS = KindsContract(
    "kinds",
    {},
    {
        "kinds": ["views", "forms", "commands", "queries", "models"],
        "rules": ["models", "queries", "commands", "definitions"],
        "web_modules": ["flask", "registry.web"],
    },
)


def broken(contract: Contract, *chain: str) -> list[str]:
    """What a contract says of modules of which each imports the next."""
    graph = grimp.ImportGraph()
    for module in chain:
        graph.add_module(module)
    for importer, imported in pairwise(chain):
        graph.add_import(importer=importer, imported=imported)
    found: list[str] = contract.check(graph, verbose=False).metadata["broken"]
    return found


@pytest.mark.parametrize(
    "chain",
    [
        ("registry.training.commands", "registry.people.forms"),
        ("registry.training.views_roster", "registry.people.views"),
    ],
)
def test_another_registers_views_and_forms_are_its_own(chain: tuple[str, str]) -> None:
    assert broken(NEIGHBOURS, *chain) == [" imports ".join(chain)]


@pytest.mark.parametrize(
    "chain",
    [
        ("registry", "registry.people.views"),
        ("registry.training.views", "registry.people.commands"),
        ("registry.training.views", "registry.training.forms"),
        ("registry.training.forms", "registry.web.forms"),
    ],
)
def test_commands_own_forms_and_shared_plumbing_may_be_used(chain: tuple[str, str]) -> None:
    assert broken(NEIGHBOURS, *chain) == []


@pytest.mark.parametrize(
    "chain",
    [
        ("registry.people.models", "registry.people.queries"),
        ("registry.people.commands_own", "registry.people.views_own"),
        ("registry.people.queries.lists", "registry.people.pinyin", "registry.people.commands.merge"),
        ("registry.people.commands", "flask"),
        ("registry.indicators.definitions", "registry.people.pinyin", "registry.web.listing"),
    ],
)
def test_an_import_that_points_upward_is_seen_through_a_chain(chain: tuple[str, ...]) -> None:
    assert broken(KINDS, *chain) == [" -> ".join(chain)]


@pytest.mark.parametrize(
    "chain",
    [
        ("registry.people.views", "registry.people.commands", "registry.people.models"),
        ("registry.people.views", "flask"),
        ("registry.desk.views", "registry.web.listing", "flask"),
    ],
)
def test_an_import_that_points_downward_is_free(chain: tuple[str, ...]) -> None:
    assert broken(KINDS, *chain) == []


# Catalogues


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The complete catalogue of a project with one message."""
    (tmp_path / "pyproject.toml").write_text(
        "[[tool.babel.mappings]]\nmethod = 'python'\npattern = 'registry/**.py'\n", encoding="utf-8"
    )
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "code.py").write_text("x = _('%(count)s people')\n", encoding="utf-8")
    (tmp_path / "words.tsv").write_text("%(count)s people\t%(count)s 人\n", encoding="utf-8")
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path / "zh")
    catalogues.update([str(tmp_path / "words.tsv")])
    return tmp_path


def test_a_complete_catalogue_has_no_problems(catalogue: Path) -> None:
    assert list(catalogues.problems()) == []


def test_a_new_message_and_a_dropped_one_are_seen(catalogue: Path) -> None:
    (catalogue / "registry" / "code.py").write_text("x = N_('New')\n", encoding="utf-8")
    told = "\n".join(catalogues.problems())
    assert "not in the catalogue: 'New'" in told
    assert "no longer in the code: '%(count)s people'" in told


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ('msgstr "%(count)s 人"', 'msgstr ""', "not translated"),
        ("#, python-format", "#, fuzzy, python-format", "fuzzy"),
        ("%(count)s 人", "%(number)s 人", "number"),
        ("人", "名", "compiled"),
    ],
)
def test_a_flaw_in_a_translation_is_seen(catalogue: Path, written: str, instead: str, told: str) -> None:
    file = catalogue / "zh" / "messages.po"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace(written, instead), encoding="utf-8")
    assert told in "\n".join(catalogues.problems())


# Bench


def test_a_ratio_above_its_limit_fails_the_bench(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = {"fast": [("quick job", 1.5, 2.0)], "slow": [("slow job", 5.25, 2.0)]}
    monkeypatch.setattr(bench_program, "modules", lambda: sorted(results))
    monkeypatch.setattr(
        bench_program, "measure_each", lambda names: [row for name in names for row in results[name]]
    )
    monkeypatch.setattr(bench_program, "TABLE", tmp_path / "bench.md")
    assert bench_program.main(["fast"]) == 0
    assert not (tmp_path / "bench.md").exists(), "a part is not the table"
    assert bench_program.main([]) == 1
    assert "| slow job | 5.25 | 2 | **missed** |" in capsys.readouterr().out
    assert "| quick job | 1.5 | 2 | holds |" in (tmp_path / "bench.md").read_text(encoding="utf-8")


def test_every_module_of_the_bench_measures_something() -> None:
    names = bench_program.modules()
    assert {"pages", "roster", "volunteers"} <= set(names)
    for name in names:
        assert callable(import_module(f"bench.{name}").run)


# Fixtures


def test_each_test_begins_as_after_init(
    engine_name: str, app: Flask, open_site: Callable[[str], Any]
) -> None:
    with app.app_context():
        save_preference(1, "columns", "name")
    app.config["PUBLIC_URL"] = "https://registry.example"
    (app.config["INSTANCE"] / "backup.bin").write_bytes(b"left behind")
    open_site(engine_name).renew()
    with app.app_context():
        assert db.engine.dialect.name == engine_name
        assert db.session.scalar(select(func.count()).select_from(Preference)) == 0
        assert db.session.scalar(select(func.count()).select_from(Unit)) == 70
    assert app.config["PUBLIC_URL"] == ""
    assert [entry.name for entry in app.config["INSTANCE"].iterdir()] == ["keys"]


def test_a_request_shares_nothing_with_the_context_of_the_test(
    session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def look() -> tuple[str, int]:
        seen.append(hasattr(g, "actor"))
        return "", 204

    monkeypatch.setitem(client.application.before_request_funcs, None, [look])
    g.actor = "left by the test"
    client.get("/")
    assert seen == [False]
