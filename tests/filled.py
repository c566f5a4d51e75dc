"""Every form that saves something: the record it needs, the page it is on, and how it is filled in."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import unescape
from html.parser import HTMLParser
from itertools import count
from typing import Any

import pyotp
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts import commands_own, commands_users, totp
from registry.accounts.models import RoleGrant, UnitParent, User
from registry.accounts.queries import actor_for
from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training import commands
from registry.training.commands import DraftRow
from registry.training.models import Course, Enrolment, RosterImport
from registry.training.queries.courses import sessions_of, version_of
from registry.volunteers.commands.bookings import book
from registry.volunteers.models import InsuranceCover, Shift
from tests import certificates, factories, training
from tests import volunteers as volunteering

_serial = count(1)


@dataclass(frozen=True)
class Filled:
    """A form ready to be sent: the address of its page, where it goes, and what is typed in.

    `changed` is what is typed differently when the page is sent once more; `picked` what a list posts to
    open the page.
    """

    page: str
    fields: dict[str, Any] = field(default_factory=dict)
    action: str = ""
    changed: dict[str, Any] = field(default_factory=dict)
    picked: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the form is sent."""
        return self.action or self.page


def rows(*found: dict[str, Any]) -> dict[str, str]:
    """The field of a grid with these rows."""
    return {"rows": json.dumps({"rows": list(found)}, ensure_ascii=False)}


# Records


def _unit(session: Session, code: str = factories.CHANGCHUN) -> str:
    return str(factories.unit(session, code).id)


def _course(session: Session, trainees: int = 0, *, marked: bool = False, closed: bool = False) -> Course:
    course = training.course(session, factories.NANGUAN)
    if trainees:
        training.enrolled(session, course, trainees)
    if marked or closed:
        training.record_all(session, course)
    if closed:
        run(SYSTEM, commands.close_course, course, attested=True)
    return course


def _enrolments(session: Session, course: Course) -> list[Enrolment]:
    found = select(Enrolment).where(Enrolment.course_id == course.id).order_by(Enrolment.id)
    return list(session.execute(found).scalars())


def _drafts(session: Session) -> tuple[Course, int]:
    course = _course(session)
    row = DraftRow(1, {"name": "草稿甲"}, [{"column": "document_number", "text": "Missing.", "params": {}}])
    run(SYSTEM, commands.enrol, course, entries=[], drafts=[row], source="file", digest=f"{course.id:064d}")
    return course, course.id


def _user(session: Session) -> User:
    return factories.user(session, Role.TRAINER, factories.NANGUAN)


def _with_second_factor(session: Session, user: User) -> User:
    secret, actor = pyotp.random_base32(), actor_for(session, user, clock.today())
    # A step that was used is not used again; the next one is accepted already.
    step = max(user.totp_last_step + 1, int(clock.now().timestamp()) // totp.STEP_SECONDS)
    code = pyotp.TOTP(secret).generate_otp(step)
    run(actor, commands_own.set_up_second_factor, user=user, secret=secret, code=code)
    return user


def _batch(session: Session) -> int:
    certificates.issued(session, factories.persons(session, 1))  # So that the series has begun.
    return certificates.prepared(session, factories.persons(session, 1)).id


def _certificate(session: Session) -> int:
    return certificates.issued(session, factories.persons(session, 1))[0].id


def _person(session: Session) -> str:
    return f"/people/{factories.person(session, factories.NANGUAN).id}"


def _listed(*people: dict[str, str]) -> dict[str, Any]:
    lines = "\n".join(f"{one['name']},{one['document_number']},{one['phone']}" for one in people)
    return {"file": (io.BytesIO(f"姓名,身份证号,手机\n{lines}\n".encode()), "名单.csv")}


# Forms, by endpoint


def _add_unit(session: Session, user: User) -> Filled:
    name = f"测试区{next(_serial)}"
    fields = {"name": name, "name_en": name, "level": "county", "parent": _unit(session), "code": ""}
    return Filled("/units/add", fields, changed={"name_en": "Another"})


def _set_unit_parent(session: Session, user: User) -> Filled:
    unit = _unit(session, (factories.KUANCHENG, "220104")[next(_serial) % 2])
    fields = {
        "parent": _unit(session, factories.YANBIAN),
        "starts_on": "2030-01-01",
        "note": "",
        "confirm": "1",
    }
    return Filled(f"/units/{unit}/parent", fields, changed={"note": "anders"})


def _void_unit_parent(session: Session, user: User) -> Filled:
    from registry.accounts import commands as accounts

    parent = factories.unit(session)
    made = run(
        SYSTEM,
        accounts.set_unit_parent,
        unit=parent,
        parent=factories.unit(session, factories.YANBIAN),
        starts_on=date(2031 + next(_serial), 1, 1),
    )
    assert isinstance(made, UnitParent)
    return Filled(f"/units/parentages/{made.id}/void", {"reason": "录入有误"}, changed={"reason": "另有原因"})


def _add_user(session: Session, user: User) -> Filled:
    fields = {"username": f"neu{next(_serial)}", "name": "新用户", "unit": _unit(session), "role": "trainer"}
    return Filled("/users/add", fields, changed={"name": "另一人"})


def _grant_role(session: Session, user: User) -> Filled:
    fields = {"role": "supervisor", "unit": _unit(session), "starts_on": "2026-01-01"}
    return Filled(f"/users/{_user(session).id}/roles/grant", fields, changed={"starts_on": "2026-02-01"})


def _end_role(session: Session, user: User) -> Filled:
    other = _user(session)
    grant = session.execute(select(RoleGrant.id).where(RoleGrant.user_id == other.id)).scalar_one()
    return Filled(f"/users/{other.id}/roles/{grant}/end", changed={"ends_on": "2099-01-01"})


def _enable_user(session: Session, user: User) -> Filled:
    other = _user(session)
    run(SYSTEM, commands_users.disable_user, user=other)
    return Filled(f"/users/{other.id}/enable")


def _enrol(session: Session, user: User) -> Filled:
    url = f"/training/courses/{_course(session).id}/enrol"
    return Filled(url, rows(training.row(), training.row()), changed=rows(training.row()))


def _enrol_file(session: Session, user: User) -> Filled:
    url = f"/training/courses/{_course(session).id}/enrol"
    people = training.row(), training.row()
    return Filled(url, _listed(*people), f"{url}/file", changed=_listed(training.row()))


def _enrol_one(session: Session, user: User) -> Filled:
    url = f"/training/courses/{_course(session).id}/enrol/one"
    return Filled(url, training.row(), changed={"employer": "另一单位"})


def _correct_draft(session: Session, user: User) -> Filled:
    course, _ = _drafts(session)
    from registry.training.queries.roster import open_drafts

    (draft,) = open_drafts(session, course.id)
    good = {"id": str(draft.id), **training.row()}
    return Filled(
        f"/training/courses/{course.id}/drafts", rows(good), changed=rows({**good, "name": "另一人"})
    )


def _edit_sessions(session: Session, user: User) -> Filled:
    course = _course(session)
    planned = [
        {
            "id": str(one.id),
            "held_on": one.held_on.isoformat(),
            "starts": one.starts,
            "ends": one.ends,
            "minutes": str(one.minutes),
            "title": "新的内容",
        }
        for one in sessions_of(session, course.id)
    ]
    other = [{**one, "title": "另一内容"} for one in planned]
    return Filled(f"/training/courses/{course.id}/sessions", rows(*planned), changed=rows(*other))


def _record_attendance(session: Session, user: User) -> Filled:
    course = _course(session, 2)
    ids = [str(one.id) for one in _enrolments(session, course)]
    sittings = [f"s{one.id}" for one in sessions_of(session, course.id)]
    marked = [{"id": one, **dict.fromkeys(sittings, "P")} for one in ids]
    other = [{"id": one, **dict.fromkeys(sittings, "A")} for one in ids]
    return Filled(f"/training/courses/{course.id}/attendance", rows(*marked), changed=rows(*other))


def _record_assessment(session: Session, user: User) -> Filled:
    course = _course(session, 2)
    items = [item["code"] for item in version_of(session, course).practical_items]
    marked = [
        {"id": str(one.id), "theory": "90", **dict.fromkeys(items, "1")}
        for one in _enrolments(session, course)
    ]
    other = [{**one, "theory": "70"} for one in marked]
    fields = {**rows(*marked), "assessed_on": course.ends_on.isoformat()}
    return Filled(f"/training/courses/{course.id}/assessment", fields, changed=rows(*other))


def _undo_import(session: Session, user: User) -> Filled:
    course = _course(session, 1)
    taken = session.execute(select(RosterImport.id).where(RosterImport.course_id == course.id)).scalar_one()
    return Filled(f"/training/imports/{taken}/undo", {"reason": "名单有误"}, changed={"reason": "另有原因"})


def _withdraw(session: Session, user: User) -> Filled:
    (enrolment,) = _enrolments(session, _course(session, 1))
    url = f"/training/enrolments/{enrolment.id}/withdraw"
    return Filled(url, {"reason": "本人申请"}, changed={"reason": "另有原因"})


def _withdraw_several(session: Session, user: User) -> Filled:
    course = _course(session, 3)
    ids = [str(one.id) for one in _enrolments(session, course)[:2]]
    url = f"/training/courses/{course.id}/withdraw"
    return Filled(url, {"reason": "本人申请"}, changed={"reason": "另有原因"}, picked={"ids": ids})


def _open_course(session: Session, user: User) -> Filled:
    kind = str(training.course_type(session).id)
    fields = {
        "course_type": kind,
        "unit": _unit(session),
        "title": "",
        "venue": "礼堂",
        "starts_on": "2026-11-02",
    }
    return Filled("/training/courses/open", fields, changed={"venue": "另一处"})


def _issue_batch(session: Session, user: User) -> Filled:
    url = f"/certificates/batches/{_batch(session)}"
    return Filled(url, action=f"{url}/issue")


def _remove_second_factor(session: Session, user: User) -> Filled:
    _with_second_factor(session, user)
    return Filled("/profile/second-factor/remove")


# Volunteers: activities, bookings, check-in, insurance


def _shift(session: Session) -> Shift:
    day = clock.today() + timedelta(days=1)
    return volunteering.shift(session, volunteering.activity(session, factories.NANGUAN, day), needed=9)


def _booking(session: Session) -> int:
    found, (one,) = _shift(session), volunteering.volunteers(session, 1)
    return run(SYSTEM, book, found, volunteer_ids=[one.id]).booked[0]


def _open_activity(session: Session, user: User) -> Filled:
    fields = {
        "title": "社区宣传",
        "place": "南湖",
        "unit": _unit(session),
        "field": "community",
        "starts_on": clock.today().isoformat(),
        **rows({"starts": "9:00", "ends": "12:00", "needed": "5"}),
    }
    return Filled("/volunteers/activities/open", fields, changed={"place": "另一处"})


def _edit_shifts(session: Session, user: User) -> Filled:
    found = _shift(session)
    row = {"id": str(found.id), "starts": "8:00", "ends": "12:00", "needed": "5"}
    url = f"/volunteers/activities/{found.activity_id}/shifts"
    return Filled(url, rows(row), changed=rows({**row, "needed": "6"}))


def _book(session: Session, user: User) -> Filled:
    one, other = volunteering.volunteers(session, 2)
    url = f"/volunteers/shifts/{_shift(session).id}/book"
    return Filled(url, {"chosen": [str(one.id)]}, changed={"chosen": [str(other.id)]})


def _check_in(session: Session, user: User) -> Filled:
    found = volunteering.shift(session, volunteering.activity(session))
    one, other = volunteering.volunteers(session, 2)
    run(SYSTEM, book, found, volunteer_ids=[one.id, other.id])
    url = f"/volunteers/shifts/{found.id}/check_in"
    return Filled(url, {"mark": f"in:{one.id}"}, changed={"mark": f"in:{other.id}"})


def _add_policy(session: Session, user: User) -> Filled:
    fields = {
        "unit": _unit(session),
        "insurer": "某保险公司",
        "number": f"B{next(_serial)}",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
    }
    return Filled("/volunteers/insurance/add", fields, changed={"insurer": "另一公司"})


def _cover(session: Session, user: User) -> Filled:
    one, other = volunteering.volunteers(session, 2)
    url = f"/volunteers/insurance/{volunteering.insured(session, [one]).id}/cover"
    return Filled(url, {"chosen": [str(one.id)]}, changed={"chosen": [str(other.id)]})


def _void_cover(session: Session, user: User) -> Filled:
    volunteering.insured(session, [volunteering.volunteer(session)])
    cover = session.execute(select(func.max(InsuranceCover.id))).scalar_one()
    url = f"/volunteers/insurance/covers/{cover}/void"
    return Filled(url, {"reason": "录入有误"}, changed={"reason": "另有原因"})


def _swap_booking(session: Session, user: User) -> Filled:
    one, other = volunteering.volunteers(session, 2)
    fields = {"volunteer": str(one.id), "reason": "换班"}
    url = f"/volunteers/bookings/{_booking(session)}/swap"
    return Filled(url, fields, changed={"volunteer": str(other.id)})


Maker = Callable[[Session, User], Filled]

FORMS: dict[str, Maker] = {
    "accounts.add_unit": _add_unit,
    "accounts.add_user": _add_user,
    "accounts.change_setting": lambda s, u: Filled(
        "/settings/session_idle_minutes/change", {"value": str(40 + next(_serial))}, changed={"value": "25"}
    ),
    "accounts.disable_user": lambda s, u: Filled(f"/users/{_user(s).id}/disable"),
    "accounts.edit_profile": lambda s, u: Filled(
        "/profile/edit", {"name": f"新名{next(_serial)}"}, changed={"name": "另名"}
    ),
    "accounts.edit_user": lambda s, u: Filled(
        f"/users/{_user(s).id}/edit", {"name": "新名", "unit": _unit(s)}, changed={"name": "另名"}
    ),
    "accounts.enable_user": _enable_user,
    "accounts.end_role": _end_role,
    "accounts.grant_role": _grant_role,
    "accounts.remove_second_factor": _remove_second_factor,
    "accounts.reset_password": lambda s, u: Filled(f"/users/{_user(s).id}/password/reset"),
    "accounts.reset_second_factor": lambda s, u: Filled(
        f"/users/{_with_second_factor(s, _user(s)).id}/second-factor/reset"
    ),
    "accounts.set_unit_parent": _set_unit_parent,
    "accounts.void_unit_parent": _void_unit_parent,
    "certificates.issue_batch": _issue_batch,
    "certificates.issue_batches": lambda s, u: Filled(f"/certificates/batches/issue?batch={_batch(s)}"),
    "certificates.reject_batch": lambda s, u: Filled(
        f"/certificates/batches/{_batch(s)}/reject", {"reason": "请更正"}, changed={"reason": "另有原因"}
    ),
    "certificates.revoke_certificate": lambda s, u: Filled(
        f"/certificates/{_certificate(s)}/revoke",
        {"ended_on": clock.today().isoformat(), "reason": "弄虚作假", "document": "1"},
        changed={"reason": "另有原因"},
    ),
    "certificates.void_certificate": lambda s, u: Filled(
        f"/certificates/{_certificate(s)}/void", {"reason": "录入有误"}, changed={"reason": "另有原因"}
    ),
    "people.add_person": lambda s, u: Filled(
        "/people/add", {"name": "王小明", "phone": f"131{next(_serial):08d}"}, changed={"name": "李小明"}
    ),
    "people.correct_person": lambda s, u: Filled(
        f"{_person(s)}/correct", {"name": "王小明", "phone": "13100000002"}, changed={"name": "李小明"}
    ),
    "training.cancel_course": lambda s, u: Filled(
        f"/training/courses/{_course(s).id}/cancel", {"reason": "人数不足"}, changed={"reason": "另有原因"}
    ),
    "training.close_course": lambda s, u: Filled(
        f"/training/courses/{_course(s, 2, marked=True).id}/close", {"attested": "y"}
    ),
    "training.correct_draft": _correct_draft,
    "training.edit_course": lambda s, u: Filled(
        f"/training/courses/{_course(s).id}/edit", {"venue": "新的地点"}, changed={"venue": "另一地点"}
    ),
    "training.edit_sessions": _edit_sessions,
    "training.enrol": _enrol,
    "training.enrol_file": _enrol_file,
    "training.enrol_one": _enrol_one,
    "training.open_course": _open_course,
    "training.prepare_certificates": lambda s, u: Filled(
        f"/training/courses/{_course(s, 2, closed=True).id}/certificates"
    ),
    "training.record_assessment": _record_assessment,
    "training.record_attendance": _record_attendance,
    "training.reopen_course": lambda s, u: Filled(
        f"/training/courses/{_course(s, 1, closed=True).id}/reopen",
        {"reason": "成绩有误"},
        changed={"reason": "另有原因"},
    ),
    "training.undo_import": _undo_import,
    "training.withdraw_trainee": _withdraw,
    "training.withdraw_trainees": _withdraw_several,
    "volunteers.add_policy": _add_policy,
    "volunteers.book": _book,
    "volunteers.cancel_activity": lambda s, u: Filled(
        f"/volunteers/activities/{_shift(s).activity_id}/cancel",
        {"reason": "天气原因"},
        changed={"reason": "另有原因"},
    ),
    "volunteers.check_in": _check_in,
    "volunteers.close_activity": lambda s, u: Filled(
        f"/volunteers/activities/{volunteering.activity(s).id}/close"
    ),
    "volunteers.cover_volunteers": _cover,
    "volunteers.edit_activity": lambda s, u: Filled(
        f"/volunteers/activities/{volunteering.activity(s).id}/edit",
        {"place": "新的地点"},
        changed={"place": "另一地点"},
    ),
    "volunteers.edit_shifts": _edit_shifts,
    "volunteers.open_activity": _open_activity,
    "volunteers.reopen_activity": lambda s, u: Filled(
        f"/volunteers/activities/{volunteering.activity(s, state='closed').id}/reopen",
        {"reason": "结束过早"},
        changed={"reason": "另有原因"},
    ),
    "volunteers.swap_booking": _swap_booking,
    "volunteers.void_cover": _void_cover,
    "volunteers.void_policy": lambda s, u: Filled(
        f"/volunteers/insurance/{volunteering.insured(s, [volunteering.volunteer(s)]).id}/void",
        {"reason": "合同无效"},
        changed={"reason": "另有原因"},
    ),
    "volunteers.withdraw_booking": lambda s, u: Filled(
        f"/volunteers/bookings/{_booking(s)}/withdraw", {"reason": "临时有事"}, changed={"reason": "另有原因"}
    ),
}

# Forms that save nothing of the registers, or have tests of their own.
OTHERS = {
    "accounts.change_password",
    "accounts.confirm_password",
    "accounts.enter_code",
    "accounts.revoke_session",
    "accounts.set_language",
    "accounts.set_theme",
    "accounts.set_up_second_factor",
    "accounts.sign_in",
    "accounts.sign_out",
    "certificates.print_certificates",
    "desk.search",
    "listing.columns",
    "listing.remove_view",
    "listing.save_view",
    "people.reveal_identifier",
    "public.book_shift",
    "public.check_in",
    "public.leave_shift",
    "public.look_up",
    "public.verify",
}


class _Controls(HTMLParser):
    """The forms of a page with the values a browser would send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.names: set[str] = set()
        self._within = ""
        self._text: str | None = None
        self._unscripted = False

    def handle_starttag(self, tag: str, attributes: Sequence[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        self._unscripted = tag == "noscript" or self._unscripted
        if self._unscripted:
            return
        if tag == "form":
            self.forms.append((told.get("action", ""), {}))
        if not self.forms:
            return
        sent = self.forms[-1][1]
        self.names.add(told.get("name", ""))
        name, kind = told.get("name", ""), told.get("type", "text")
        if tag == "input" and name and kind not in ("submit", "button", "file"):
            if kind not in ("checkbox", "radio") or "checked" in told:
                sent[name] = told.get("value", "on" if kind == "checkbox" else "")
        elif tag in ("select", "textarea"):
            self._within, self._text = name, "" if tag == "textarea" else None
        elif tag == "option" and self._within and ("selected" in told or self._within not in sent):
            sent[self._within] = told.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        self._unscripted = self._unscripted and tag != "noscript"
        if tag == "textarea" and self._text is not None:
            self.forms[-1][1][self._within] = self._text.removeprefix("\n")
            self._text = None
        if tag in ("select", "textarea"):
            self._within = ""


def names_on(page: str) -> set[str]:
    """The names of all controls of a page, ticked or not, and of the columns of its grids."""
    parsed = _Controls()
    parsed.feed(page)
    grids = re.findall(r'data-columns="([^"]*)"', page)
    return parsed.names | {column["key"] for grid in grids for column in json.loads(unescape(grid))}


def typed_into(page: str, filled: Filled) -> dict[str, Any]:
    """What is sent: the fields of the form as the page holds them, with what is typed in."""
    parsed = _Controls()
    parsed.feed(page)
    with_keys = [(action, fields) for action, fields in parsed.forms if "form_key" in fields]
    meant = [fields for action, fields in with_keys if action == filled.action] if filled.action else []
    (fields,) = meant or [fields for action, fields in with_keys if not action or action == filled.page][:1]
    return {**fields, **filled.fields}
