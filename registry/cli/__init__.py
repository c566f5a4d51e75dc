"""The command line. Each file is one group of commands: parse, run a command, print."""

from __future__ import annotations

from flask import Flask

from registry.cli import demo, figures, imports, keeping, setup, users
from registry.cli.refusals import guard


def install(app: Flask) -> None:
    """Add every group to `flask`."""
    others = set(app.cli.commands)
    setup.install(app)
    keeping.install(app)
    demo.install(app)
    figures.install(app)
    imports.install(app)
    users.install(app)
    for name in app.cli.commands.keys() - others:
        guard(app.cli.commands[name], name)
