"""What the processes of test_trouble.py run before they are killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry.certificates.commands import issue_batch
from registry.certificates.models import CertificateBatch
from registry.certificates.snapshots import font_book
from registry.core.db import db
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training import commands
from registry.training.models import Course
from registry.training.roster import RosterEntry
from tests import factories
from tests.certificates import PUBLIC_URL


def prepare(job: dict[str, Any]) -> Callable[[], object]:
    """The command of a job, ready to run; what it needs is made before the counting begins."""
    if job["kind"] == "import":
        entries = [RosterEntry(n, factories.entrant(serial=n)) for n in range(1, job["rows"] + 1)]
        course = db.session.get_one(Course, job["course"])
        return lambda: run(SYSTEM, commands.enrol, course, entries=entries, source="import")
    batch = db.session.get_one(CertificateBatch, job["batch"])
    return lambda: run(SYSTEM, issue_batch, batch, fonts=font_book(), public_url=PUBLIC_URL)
