"""What happens to certificates stands in the journal of the unit that issues them, whoever did it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from registry.certificates.commands import reject_batch, revoke_certificate, void_certificate
from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import Actor
from registry.core.write import run
from tests import factories as make
from tests.certificates import confirm_address, issue, issued, prepared
from tests.watching import last_entry

Deed = Callable[[Session, Actor], object]


def _issue(session: Session, actor: Actor) -> object:
    confirm_address()
    return issue(prepared(session, make.persons(session, 1)), actor)


DEEDS: dict[str, Deed] = {
    "issue_batch": _issue,
    "reject_batch": lambda s, a: run(a, reject_batch, prepared(s, make.persons(s, 1)), reason="名单有误"),
    "void_certificate": lambda s, a: run(
        a, void_certificate, issued(s, make.persons(s, 1))[0], reason="录入错误"
    ),
    "revoke_certificate": lambda s, a: run(
        a, revoke_certificate, issued(s, make.persons(s, 1))[0], ended_on=clock.today(), reason="考核作弊"
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_the_entry_is_about_the_issuing_unit(session: Session, deed: str) -> None:
    approver = make.actor(session, Role.CERTIFICATE_APPROVER, make.CHANGCHUN)
    DEEDS[deed](session, approver)
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == (f"certificates.{deed}", make.unit(session).id)
    assert entry.actor_id == approver.user_id
