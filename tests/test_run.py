"""run.py: what it refuses before anything is made, what it sets up when, and what a test gets."""

from __future__ import annotations

import ast
import importlib.util
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import run
from launch import packages, preconditions, process
from launch.messages import Refusal, choose
from registry.cli import setup

ROOT = Path(__file__).resolve().parents[1]
FILES = [ROOT / "run.py", *sorted((ROOT / "launch").glob("*.py"))]


def start(instance: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run run.py without a terminal, its data in `instance`."""
    cleared = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "DATABASE_URL")}
    return subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *arguments],
        env={**cleared, "LANG": "C", "REGISTRY_INSTANCE": str(instance), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


# Before anything is installed


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_old_python_can_read_the_start(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert "from __future__" not in source, "Python 3.6 stops at it with a syntax error"
    ast.parse(source, feature_version=(3, 6))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_start_needs_the_standard_library_alone(file: Path) -> None:
    allowed = {*sys.stdlib_module_names, "launch"}
    imported = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported <= allowed


def test_a_python_that_is_too_old_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launch.preconditions.sys.version_info", (3, 9, 2))
    with pytest.raises(Refusal, match=r"3\.11.*3\.9\.2"):
        preconditions.check_python()


def test_the_language_is_that_of_the_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "zh_CN.GBK")
    assert choose("yes", "是") == "是"
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert choose("yes", "是") == "yes"


# Port, address, folder


def test_a_taken_port_is_named_and_a_free_one_is_given() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(Refusal, match=str(port)):
            preconditions.free_port("127.0.0.1", port)
    assert preconditions.free_port("127.0.0.1", port) == port
    assert preconditions.free_port("127.0.0.1", 0) > 0


def test_an_address_of_another_computer_is_refused() -> None:
    with pytest.raises(Refusal, match=r"192\.0\.2\.1"):
        preconditions.free_port("192.0.2.1", 8000)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("registry.example", False),
    ],
)
def test_only_this_computer_reaches_a_loopback_address(host: str, expected: bool) -> None:
    assert preconditions.is_loopback(host) is expected


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Refusal, match="data"):
        preconditions.check_writable(tmp_path / "file" / "data")


# Packages


def test_a_python_without_venv_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "launch.packages.importlib.util.find_spec", lambda name: None if name == "ensurepip" else real(name)
    )
    with pytest.raises(Refusal, match="python3-venv"):
        packages.make_environment(tmp_path / "venv")
    assert list(tmp_path.iterdir()) == []


def test_the_locks_are_installed_once_and_again_when_they_change(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = packages.venv_python(tmp_path / "venv")
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / "requirements.txt").write_text("flask==1", encoding="utf-8")
    installed: list[list[str]] = []
    monkeypatch.setattr(packages, "HERE", tmp_path)
    monkeypatch.setattr(packages, "environment", lambda: tmp_path / "venv")
    monkeypatch.setattr(packages, "install", lambda _python, locks: installed.append(locks))
    monkeypatch.setattr(packages, "has_pip", lambda _python: True)
    assert packages.prepare_python("run") == str(python)
    packages.prepare_python("run")
    assert installed == [["requirements.txt"]]
    (tmp_path / "requirements.txt").write_text("flask==2", encoding="utf-8")
    packages.prepare_python("run")
    assert len(installed) == 2


@pytest.mark.parametrize(
    ("told", "plain"),
    [
        ("Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'", "PIP_INDEX_URL"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "not the one|不一致"),
        ("ERROR: Could not install packages due to an OSError: No space left on device", "disk|磁盘"),
        ("ERROR: No matching distribution found for flask==9", "flask==9"),
    ],
)
def test_what_pip_says_is_told_in_plain_words(told: str, plain: str) -> None:
    with pytest.raises(Refusal, match=plain):
        raise packages.pip_refusal(["Collecting flask", told])


# Setting up


@pytest.mark.parametrize(
    ("mode", "current", "empty", "reset", "steps", "after"),
    [
        ("", False, False, False, [["init"], ["demo", "load"]], "demo"),
        ("", False, False, True, [["init"], ["demo", "load"]], "demo"),
        ("", False, True, False, [["init", "--empty"]], "empty"),
        ("demo-begun", True, False, False, [["init"], ["demo", "reset"]], "demo"),
        ("empty-begun", True, False, False, [["init", "--empty"]], "empty"),
        ("demo", True, False, False, [], "demo"),
        ("demo", False, False, False, [["init"]], "demo"),
        ("demo", True, False, True, [["demo", "reset"]], "demo"),
        ("empty", True, True, False, [], "empty"),
        ("own", False, False, False, [["init"]], "own"),
        ("own", False, True, False, [["init"]], "own"),
    ],
)
def test_a_start_sets_up_what_is_missing_and_no_more(
    mode: str, current: bool, empty: bool, reset: bool, steps: list[list[str]], after: str
) -> None:
    assert run.plan_setup(mode, current, empty, reset) == (steps, after)


@pytest.mark.parametrize(
    ("mode", "empty", "reset"),
    [("demo", True, False), ("demo-begun", True, False), ("empty", False, True), ("own", False, True)],
)
def test_data_that_is_there_is_never_mixed_or_thrown_away(mode: str, empty: bool, reset: bool) -> None:
    with pytest.raises(Refusal) as refused:
        run.plan_setup(mode, True, empty, reset)
    assert refused.value.code == 2


def test_the_state_of_a_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "INSTANCE", tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert run.setup_state() == ("", ""), "a new folder"
    run.write_setup_state("demo")
    assert run.setup_state() == ("", ""), "the database was removed"
    (tmp_path / "registry.db").write_bytes(b"")
    assert run.setup_state() == ("demo", run.migrations_digest())
    (tmp_path / "setup").unlink()
    (tmp_path / "keys").mkdir()
    assert run.setup_state() == ("own", ""), "set up with flask init"


# Children


def test_the_status_of_a_child_is_returned() -> None:
    assert (
        process.call(
            [sys.executable, "-c", "import os, sys; sys.exit(int(os.environ['STATUS']))"], STATUS="7"
        )
        == 7
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT between processes")
def test_an_interrupt_ends_the_start_even_when_the_child_finishes_well() -> None:
    child = "import os, signal as s; s.signal(s.SIGINT, s.SIG_IGN); os.kill(os.getppid(), s.SIGINT)"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            process.call([sys.executable, "-c", child])
    finally:
        signal.signal(signal.SIGINT, before)


# The program as a whole


def test_demo_data_is_refused_on_the_network(tmp_path: Path) -> None:
    done = start(tmp_path / "instance", "--host", "0.0.0.0")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"Demo data" in done.stderr
    assert not (tmp_path / "instance").exists()


def test_empty_without_terminal_or_variables_is_refused(tmp_path: Path) -> None:
    done = start(tmp_path / "instance", "--empty", REGISTRY_ADMIN="", REGISTRY_ADMIN_PASSWORD="")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"REGISTRY_ADMIN" in done.stderr
    assert not (tmp_path / "instance").exists()


def test_a_short_password_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    done = start(tmp_path / "instance", "--empty", REGISTRY_ADMIN="chef", REGISTRY_ADMIN_PASSWORD="x" * 11)
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"12 characters" in done.stderr
    assert not (tmp_path / "instance").exists()
    assert run.SHORTEST_PASSWORD == setup.SHORTEST_PASSWORD


@pytest.mark.parametrize("port", ["abc", "70000", "-1", "８０"])
def test_what_is_no_port_is_told(tmp_path: Path, port: str) -> None:
    done = start(tmp_path / "instance", f"--port={port}", PYTHONUTF8="1")
    assert done.returncode == 2
    assert b"a port is a number between 0 and 65535" in done.stderr


def test_the_printed_address_can_be_opened() -> None:
    assert run.address_of("127.0.0.1", 8000) == "http://127.0.0.1:8000/"
    assert run.address_of("0.0.0.0", 80) == run.address_of("::", 80) == "http://127.0.0.1:80/"
    assert run.address_of("::1", 8000) == "http://[::1]:8000/"


def test_a_console_of_code_page_936_reads_the_refusal(tmp_path: Path) -> None:
    done = start(tmp_path, "--host", "0.0.0.0", LANG="zh_CN.GBK", PYTHONIOENCODING="cp936", PYTHONUTF8="0")
    assert "演示数据" in done.stderr.decode("cp936")


def test_a_console_without_chinese_still_gets_its_exit_status(tmp_path: Path) -> None:
    done = start(tmp_path, "--host", "0.0.0.0", LANG="zh_CN.GBK", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 2
    assert b"--host" in done.stderr
    assert b"Traceback" not in done.stderr
