"""`flask indicators`: figures, the records behind them, and their proof. See docs/counting-rules.md."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import click
from flask import Flask
from sqlalchemy import select

from registry.accounts.models import Unit, UnitParent
from registry.accounts.queries import unit_by_code
from registry.cli.answers import record_rows, shown
from registry.core.db import db
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.indicators import commands
from registry.indicators.definitions import INDICATORS
from registry.indicators.differences import Checked, differences
from registry.indicators.question import Question, ask, is_built, parse_known_on, seq_known_on


def _day(_context: click.Context, parameter: click.Parameter, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise click.BadParameter(f"{text} is no date; write it as 2026-11-23.", param=parameter) from error


def _known(_context: click.Context, parameter: click.Parameter, text: str | None) -> date | datetime | None:
    try:
        return parse_known_on(text) if text else None
    except ValueError as error:
        message = f"{text} is no date or time; write 2026-11-23 or 2026-11-23T14:05."
        raise click.BadParameter(message, param=parameter) from error


def _days(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> list[date]:
    return [day for text in texts if (day := _day(context, parameter, text)) is not None]


def _moments(
    context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]
) -> list[date | datetime]:
    return [moment for text in texts if (moment := _known(context, parameter, text)) is not None]


def _asking(command: Any) -> Any:
    """The options of a question."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--projection", is_flag=True, help="Allow an as-of date in the future."),
        click.option(
            "--known-on", callback=_known, metavar="TIME", help="As known at the end of a day or then."
        ),
        click.option("--from", "from_on", callback=_day, metavar="DATE", help="First day (flows only)."),
        click.option("--as-of", callback=_day, metavar="DATE", help="Last day; default today."),
        click.option("--unit", "unit_code", metavar="GBCODE", help="GB code or id; default the province."),
        click.argument("code"),
    ):
        command = option(command)
    return command


def _unit(code: str | None) -> Unit:
    """The unit by GB code, a former one included, or by id; the topmost one when none is given."""
    if code is None:
        below = select(UnitParent.unit_id).where(UnitParent.void_seq.is_(None))
        top = select(Unit).where(Unit.id.not_in(below)).order_by(Unit.sort_key, Unit.id).limit(1)
        return db.session.execute(top).scalar_one()
    try:
        return unit_by_code(db.session(), code)
    except RecordNotFoundError:
        unit = db.session.get(Unit, int(code)) if code.isdecimal() and len(code) < 10 else None
        if unit is None:
            raise click.ClickException(f"There is no unit {code}.") from None
        return unit


def _question(code: str, unit: Unit, **asked: Any) -> Question:
    try:
        return ask(db.session(), code, unit.id, **asked)
    except RecordNotFoundError:
        raise click.ClickException(f"There is no indicator {code}; see “flask indicators list”.") from None
    except RuleError as error:
        raise click.ClickException(str(error)) from None


def _print(told: Any) -> None:
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


def install(app: Flask) -> None:
    """Add the group."""

    @app.cli.group("indicators")
    def indicators() -> None:
        """Figures derived from the records."""

    @indicators.command("list")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def list_them(as_json: bool) -> None:
        """The indicators with their counting rules."""
        told = [
            {
                "code": i.code,
                "version": i.version,
                "kind": i.kind.value,
                "name": {"zh": i.name.zh, "en": i.name.en},
                "unit": {"zh": i.unit.zh, "en": i.unit.en},
                "rule": {"zh": i.rule.zh, "en": i.rule.en},
                "built": is_built(db.session(), i),
            }
            for i in INDICATORS.values()
        ]
        if as_json:
            _print(told)
            return
        for i in INDICATORS.values():
            click.echo(f"{i.code}  v{i.version}  {i.kind.value}  {i.name.zh}  {i.name.en}")

    @indicators.command("show")
    @click.option("--by", multiple=True, metavar="field|team", help="Print the parts of this group as well.")
    @_asking
    def show(
        by: tuple[str, ...],
        code: str,
        unit_code: str | None,
        as_of: date | None,
        from_on: date | None,
        known_on: date | datetime | None,
        projection: bool,
        as_json: bool,
    ) -> None:
        """A value, by unit."""
        unit = _unit(unit_code)
        question = _question(
            code, unit, as_of=as_of, from_on=from_on, known_on=known_on, projection=projection
        )
        for key in by:
            if key not in question.indicator.groups:
                has = ", ".join(question.indicator.groups) or "none"
                raise click.ClickException(f"{code} has no parts by {key}; it has: {has}.")
        told = shown(question, unit, known_on, by)
        if as_json:
            _print(told)
            return
        click.echo(f"{question.indicator.name.zh}  {unit.name}  {told['as_of']}")
        click.echo(f"{told['value']} {question.indicator.unit.zh}")
        for name, quantity in told["by_unit_below"].items():
            click.echo(f"  {name}  {quantity}")
        for key in by:
            click.echo(question.indicator.groups[key].heading.zh)
            for part in told[f"by_{key}"]:
                click.echo(f"  {part['name']}  {part['value']}")

    @indicators.command("records")
    @_asking
    def show_records(
        code: str,
        unit_code: str | None,
        as_of: date | None,
        from_on: date | None,
        known_on: date | datetime | None,
        projection: bool,
        as_json: bool,
    ) -> None:
        """The records behind a value."""
        question = _question(
            code, _unit(unit_code), as_of=as_of, from_on=from_on, known_on=known_on, projection=projection
        )
        if as_json:
            _print(list(record_rows(question)))
            return
        for row in record_rows(question):
            click.echo("  ".join(str(value if value is not None else "-") for value in row.values()))

    @indicators.command("verify")
    @click.option("--as-of", "days", multiple=True, callback=_days, metavar="DATE", help="Days to check.")
    @click.option(
        "--known-on",
        "moments",
        multiple=True,
        callback=_moments,
        metavar="TIME",
        help="Past moments to check.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def verify_all(days: list[date], moments: list[date | datetime], as_json: bool) -> None:
        """Count everything anew with a second implementation; print every difference, exit 1 if any."""
        entries = [seq_known_on(db.session(), moment) for moment in moments]
        checked, found = Checked(), []
        for difference in differences(
            db.session(), days=days or None, entries=entries or None, checked=checked
        ):
            found.append(str(difference))
            if not as_json:
                click.echo(found[-1])
        if as_json:
            _print({"differences": found, "compared": asdict(checked)})
        else:
            click.echo(
                f"{len(found)} differences; compared {checked.values} values, {checked.cells} cells, "
                f"{checked.digests} digests."
            )
        sys.exit(1 if found else 0)

    @indicators.command("rebuild")
    @click.argument("codes", nargs=-1)
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    def rebuild(codes: tuple[str, ...], as_json: bool) -> None:
        """Derive indicators (default all) anew from the records; only differences are written."""
        for code in codes:
            if code not in INDICATORS:
                raise click.ClickException(f"There is no indicator {code}; see “flask indicators list”.")
        changed = run(SYSTEM, commands.rebuild, codes=list(codes or INDICATORS))
        if as_json:
            _print({"written": changed})
        else:
            click.echo(f"{changed} differences written.")
