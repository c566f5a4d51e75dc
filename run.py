"""Start the registry, or test, check and measure it. Needs nothing but Python 3.11 or later.

python3 run.py                 prepare everything on the first start, then serve
python3 run.py test [...]      the test suite on SQLite and PostgreSQL; takes pytest's arguments
python3 run.py check [--deep]  lint, types, import contracts, migrations, catalogues
python3 run.py bench           speed against a baseline measured in the same run
"""

# Like the package launch, this file quotes its annotations, so that an older Python can read it.

import argparse
import hashlib
import os
import signal
import sys
from pathlib import Path

from launch.messages import Refusal, say
from launch.packages import prepare_python
from launch.preconditions import check_python, check_writable, free_port, refuse_demo_in_network
from launch.process import HERE, call

EVERY_ADDRESS = ("0.0.0.0", "::")
SHORTEST_PASSWORD = 12  # As registry/cli/setup.py asks for.
INSTANCE = Path(os.environ.get("REGISTRY_INSTANCE") or HERE / "instance")


def setup_state() -> "tuple[str, str]":
    """How the data folder is set up (demo, empty, own, or "" for not at all) and up to which migrations.

    A set-up that was cut short reads demo-begun or empty-begun. A folder set up with `flask init`
    has keys and no note of ours: "own".
    """
    note = INSTANCE / "setup"
    database = INSTANCE / "registry.db"
    if note.exists() and (os.environ.get("DATABASE_URL") or database.exists()):
        mode, _, migrations = note.read_text(encoding="utf-8").strip().partition(" ")
        return mode, migrations
    return ("own" if (INSTANCE / "keys").exists() and not note.exists() else ""), ""


def write_setup_state(mode: str) -> None:
    """Note how the data folder is set up."""
    (INSTANCE / "setup").write_text(f"{mode} {migrations_digest()}\n", encoding="utf-8")


def migrations_digest() -> str:
    """Changes when a migration is added, so that the next start applies it."""
    names = sorted(file.name for file in (HERE / "migrations" / "versions").glob("*.py"))
    return hashlib.sha256("\n".join(names).encode("utf-8")).hexdigest()[:16]


def plan_setup(mode: str, current: bool, empty: bool, reset_demo: bool) -> "tuple[list[list[str]], str]":
    """The flask commands a start needs, and how the folder is set up after them.

    `mode` is what setup_state found; `current` tells whether its migrations are all applied.
    """
    if empty and mode.startswith("demo"):
        raise Refusal(
            f"{INSTANCE} holds demo data; to begin empty, move that folder away or set REGISTRY_INSTANCE "
            "to another one.",
            f"{INSTANCE} 中是演示数据;如需从空库开始,请移走该文件夹,"
            "或将 REGISTRY_INSTANCE 设为另一个文件夹。",
            code=2,
        )
    if reset_demo and mode in ("own", "empty", "empty-begun"):
        raise Refusal(
            f"{INSTANCE} holds no demo data, so there is nothing to reset; nothing was changed.",
            f"{INSTANCE} 中没有演示数据,无需重置;未做任何更改。",
            code=2,
        )
    if mode == "empty-begun" or (mode == "" and empty):
        return [["init", "--empty"]], "empty"
    if mode == "":
        return [["init"], ["demo", "load"]], "demo"
    steps = [] if current and mode != "demo-begun" else [["init"]]
    if mode == "demo-begun" or reset_demo:
        steps.append(["demo", "reset"])
    return steps, mode.replace("-begun", "")


def refuse_no_administrator() -> None:
    """An empty registry needs its first administrator from somewhere."""
    password = os.environ.get("REGISTRY_ADMIN_PASSWORD", "")
    named = os.environ.get("REGISTRY_ADMIN") and password
    if named and len(password) < SHORTEST_PASSWORD:
        raise Refusal(
            f"The password in REGISTRY_ADMIN_PASSWORD needs at least {SHORTEST_PASSWORD} characters.",
            f"REGISTRY_ADMIN_PASSWORD 中的密码至少需要 {SHORTEST_PASSWORD} 个字符。",
            code=2,
        )
    if not named and not sys.stdin.isatty():
        raise Refusal(
            "--empty needs the first administrator: set REGISTRY_ADMIN and REGISTRY_ADMIN_PASSWORD, "
            "or start in a terminal to be asked.",
            "--empty 需要首位管理员:请设置 REGISTRY_ADMIN 和 REGISTRY_ADMIN_PASSWORD,"
            "或在终端中启动后按提示输入。",
            code=2,
        )


def start(options: argparse.Namespace) -> int:
    """Prepare what is missing, then serve until Ctrl+C."""
    found, applied = setup_state()
    steps, mode = plan_setup(found, applied == migrations_digest(), options.empty, options.reset_demo)
    if mode == "demo":
        refuse_demo_in_network(options.host)
    if ["init", "--empty"] in steps:
        refuse_no_administrator()
    port = free_port(options.host, options.port)
    check_writable(INSTANCE)
    python = prepare_python("run")
    instance = str(INSTANCE.resolve())
    if steps:
        if mode in ("demo", "empty"):
            write_setup_state(f"{mode}-begun")
        say("Preparing the database …", "正在准备数据库 …")
        for step in steps:
            status = call([python, "-m", "flask", "--app", "app", *step], REGISTRY_INSTANCE=instance)
            if status:
                return status
        write_setup_state(mode)
    command = [python, str(HERE / "run.py"), "serve", "--host", options.host, "--port", str(port)]
    try:
        return call(command, REGISTRY_INSTANCE=instance)
    except KeyboardInterrupt:
        return 0  # The way to stop it.


def serve(options: argparse.Namespace) -> int:
    """Serve with waitress; runs in the environment's Python."""
    from waitress import create_server

    from app import app

    signs = app.test_cli_runner().invoke(args=["demo", "sign-ins"])
    if signs.exit_code:
        print(signs.output.strip() or repr(signs.exception), file=sys.stderr)
        return 1
    if signs.output.strip():
        refuse_demo_in_network(options.host)
    server = create_server(app, host=options.host, port=options.port, threads=8, ident="")
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    address = address_of(options.host, options.port)
    say(
        f"\nThe registry answers at {address}  (Ctrl+C stops it)",
        f"\n系统已启动:{address} (按 Ctrl+C 停止)",
    )
    if options.host in EVERY_ADDRESS:
        say(
            "Other computers reach it under the name or address of this one.",
            "其他电脑请使用本机的名称或地址访问。",
        )
    print(signs.output.rstrip(), flush=True)
    server.run()  # Returns on Ctrl+C and on SystemExit.
    return 0


def address_of(host: str, port: int) -> str:
    """What to type into a browser on this computer."""
    shown = "127.0.0.1" if host in EVERY_ADDRESS else f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/"


# For developers


def test(arguments: "list[str]") -> int:
    """Run the suite; its last lines say what did not run."""
    python = prepare_python("work")
    spread = [] if any(a.startswith(("-n", "--numprocesses")) for a in arguments) else ["-n", "2"]
    return call([python, "-m", "pytest", *spread, *arguments], PYTHONWARNDEFAULTENCODING="1")


def main(arguments: "list[str]") -> int:
    """Understand the command line and run what it names."""
    check_python()
    if arguments[:1] == ["test"]:
        return test(arguments[1:])
    parser = argparse.ArgumentParser(
        prog="run.py", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    command = arguments[0] if arguments and not arguments[0].startswith("-") else ""
    if command not in ("", "serve", "check", "bench"):
        parser.error(f"unknown command {command!r}; there are test, check and bench")
    if command == "check":
        parser.add_argument("--deep", action="store_true", help="the long tests too")
    elif command == "bench":
        parser.add_argument("names", nargs="*", help="only these modules of bench/")
    elif command in ("", "serve"):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=port_number, default=8000)
    if command == "":
        begin = parser.add_mutually_exclusive_group()
        begin.add_argument(
            "--reset-demo", action="store_true", help="throw the demo data away and load it anew"
        )
        begin.add_argument(
            "--empty", action="store_true", help="begin without demo data; asks for the first administrator"
        )
    options = parser.parse_args(arguments[1:] if command else arguments)
    if command == "serve":
        return serve(options)
    if command == "check":
        return call([prepare_python("work"), "-m", "tests.checks", *(["--deep"] if options.deep else [])])
    if command == "bench":
        return call([prepare_python("work"), "-m", "bench", *options.names])
    return start(options)


def port_number(text: str) -> int:
    """A port from the command line, 0 for any."""
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("a port is a number between 0 and 65535")
    return int(text)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        sys.exit(main(sys.argv[1:]))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(refusal.code)
    except KeyboardInterrupt:
        sys.exit(130)
