"""The first page of the list of volunteers at 50,000 of them, against the same bytes as a static template.

The volunteers are put into the tables directly, for only reading them is measured.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from bench.pages import _Browser, _ratio, _routes, _write
from registry import create_app
from registry.certificates.models import Certificate, CredentialType
from registry.cli.setup import load_catalogues, make_keys, migrate
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.secrets import new_token
from registry.core.write import write
from registry.people.models import Person, PersonReach
from registry.people.pinyin import name_pinyin
from registry.volunteers.fields import FIELDS
from registry.volunteers.models import Team, Volunteer, VolunteerPeriod
from tests import factories

VOLUNTEERS = 50_000
URL = "/volunteers/"


def _fill(session: Any) -> None:
    """Every volunteer with a period, every third with a certificate, and two teams for each unit."""
    units = [unit.id for unit in factories.all_units(session) if unit.level == "county"]
    rescuer = session.execute(select(CredentialType.id).where(CredentialType.code == "rescuer")).scalar_one()
    names = ["".join((s, a, b)) for s in factories.SURNAMES for a in factories.GIVEN for b in factories.GIVEN]
    spelled = [name_pinyin(name) for name in names]
    fields, today = list(FIELDS), clock.today()
    session.rollback()
    with write("bench.fill", SYSTEM) as w:
        first = w.take_ids(4 * VOLUNTEERS)[0]
        for unit in units:
            for name in ("救援队", "社区队"):
                w.add(Team(unit_id=unit, name=name, field="rescue", starts_on=today))
    people: list[dict[str, Any]] = []
    reach: list[dict[str, Any]] = []
    volunteers: list[dict[str, Any]] = []
    periods: list[dict[str, Any]] = []
    certificates: list[dict[str, Any]] = []
    for n in range(VOLUNTEERS):
        person, volunteer, unit = first + n, first + VOLUNTEERS + n, units[n % len(units)]
        name, (pinyin, initials) = names[n % len(names)], spelled[n % len(names)]
        called = {"name": name, "pinyin": pinyin, "initials": initials}
        people.append({"id": person, "canonical_id": person, "home_unit_id": unit, **called})
        reach.append({"person_id": person, "unit_id": unit, **called})
        volunteers.append(
            {
                "id": volunteer,
                "person_id": person,
                "unit_id": unit,
                "number": f"ZY{volunteer:09d}",
                "source": "list",
                "fields": [fields[n % 9], fields[(n + 4) % 9]],
                "available": [],
                "added_on": today - timedelta(days=900),
            }
        )
        periods.append(
            {
                "id": first + 2 * VOLUNTEERS + n,
                "volunteer_id": volunteer,
                "person_id": person,
                "unit_id": unit,
                "kind": "registered" if n % 4 else "enrolled",
                "starts_on": today - timedelta(days=800),
            }
        )
        if n % 3 == 0:
            certificates.append(
                {
                    "id": first + 3 * VOLUNTEERS + n,
                    "credential_type_id": rescuer,
                    "number": f"JL{n:09d}",
                    "token": new_token(),
                    "person_id": person,
                    "unit_id": unit,
                    "issued_on": today - timedelta(days=n % 1400),
                    "valid_from": today - timedelta(days=n % 1400),
                    "valid_until": today - timedelta(days=n % 1400 - 1095),
                    "origin": "legacy",
                    "template_version": "legacy",
                    "snapshot": {},
                }
            )
    with db.engine.begin() as connection:
        for model, rows in (
            (Person, people),
            (PersonReach, reach),
            (Volunteer, volunteers),
            (VolunteerPeriod, periods),
            (Certificate, certificates),
        ):
            connection.execute(insert(model), rows)
        connection.exec_driver_sql("ANALYZE")


def run() -> list[tuple[str, float, float]]:
    """Job, ratio, limit."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            {
                "TESTING": True,
                "INSTANCE": Path(folder),
                "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/bench.db",
            }
        )
        page: dict[str, Any] = {}
        _routes(app, page)
        with app.app_context():
            make_keys(app)
            migrate()
            load_catalogues()
            session = db.session()
            readers = {
                "a county": factories.user(session, Role.VOLUNTEER_COORDINATOR, factories.NANGUAN),
                "a prefecture": factories.user(session, Role.PREFECTURE_ADMIN, factories.CHANGCHUN),
                "the province": factories.user(session, Role.PROVINCE_ADMIN, factories.PROVINCE),
            }
            _fill(session)
            for name, user in readers.items():
                browser = _Browser(app, user)
                body = browser.get(URL).decode()
                assert body.count("ZY") >= 20
                page["static"] = app.jinja_env.from_string("{% raw %}" + body + "{% endraw %}")
                for when, before in (("", lambda: None), (" right after a write", _write)):
                    results.append(
                        (
                            f"first list page{when}, {VOLUNTEERS:,} volunteers, {name} / static template",
                            _ratio(
                                lambda b=browser: b.get(URL),  # type: ignore[misc]
                                lambda b=browser: b.get("/bench/static"),  # type: ignore[misc]
                                before,
                            ),
                            2.0,
                        )
                    )
            db.session.remove()
            db.engine.dispose()
    return results
