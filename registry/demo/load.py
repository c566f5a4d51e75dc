"""Demo data, made by the commands people use: 12 courses in all states, 600 people, and volunteers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from launch.messages import choose
from registry.accounts import commands as accounts
from registry.accounts.commands_settings import change_setting
from registry.accounts.models import Unit, User
from registry.accounts.queries import actor_for, unit_by_code
from registry.certificates import commands as certificates
from registry.certificates.commands import LegacyCertificate
from registry.certificates.models import CertificateBatch, CredentialType
from registry.certificates.snapshots import font_book
from registry.core import clock
from registry.core.clock import add_months
from registry.core.passwords import hash_password
from registry.core.permissions import Role
from registry.core.scope import SYSTEM, Actor
from registry.core.write import run
from registry.demo.people import People
from registry.demo.volunteering import load_volunteering
from registry.people import commands as people
from registry.people.commands import Entrant
from registry.people.models import Person
from registry.people.queries import known_by_hash
from registry.training import commands as training
from registry.training.commands import AssessmentMark, AttendanceMark
from registry.training.models import Course, CourseType
from registry.training.queries.progress import THEORY, progress_of
from registry.training.roster import RosterEntry

PEOPLE = 600
PASSWORD = "Jilin-Demo-2026"  # noqa: S105 - printed at every start, and served to this computer only.

# Sign-in name, name, role, unit.
USERS = (
    ("sheng", "省级管理员", Role.PROVINCE_ADMIN, "220000"),
    ("jiandu", "领导驾驶舱", Role.SUPERVISOR, "220000"),
    ("shenji", "监事会审计", Role.AUDITOR, "220000"),
    ("changchun", "长春市管理员", Role.PREFECTURE_ADMIN, "220100"),
    ("shenpi", "长春市发证审批人", Role.CERTIFICATE_APPROVER, "220100"),
    ("nanguan", "南关区管理员", Role.COUNTY_ADMIN, "220102"),
    ("peixun", "南关区培训管理员", Role.TRAINER, "220102"),
    ("yanji", "延吉市培训管理员", Role.TRAINER, "222401"),
    ("zhiyuan", "南关区志愿服务专员", Role.VOLUNTEER_COORDINATOR, "220102"),
    ("fuhe", "南关区志愿服务复核员", Role.VOLUNTEER_COORDINATOR, "220102"),
)
# How a course of the demo stands: its first day from today, trainees, unit, how far it is taken.
COURSES = (
    (14, 12, "220102", "enrol"),
    (30, 0, "222401", "enrol"),
    (0, 24, "220102", "attend"),
    (-1, 20, "222401", "attend"),
    (-4, 22, "220103", "assess"),
    (-6, 18, "220102", "assess"),
    (-9, 20, "220102", "close"),
    (-12, 40, "220102", "prepare"),
    (-15, 30, "222401", "prepare"),
    (-20, 32, "220102", "issue"),
    (-24, 28, "220103", "issue"),
    (7, 10, "220103", "cancel"),
)


def load_demo(session: Session, say: Callable[[str], None]) -> None:
    """Fill an installation that has no users yet; `say` gets a line for each step."""
    run(SYSTEM, change_setting, key="demo", value=True, source="demo data")
    say(choose("Demo data: users …", "演示数据：用户 …"))
    _add_users(session)
    made = People(20260101, clock.today())
    say(choose("Demo data: certificates of earlier years …", "演示数据：往年证书 …"))
    history = _load_history(session, made)
    say(choose("Demo data: 12 courses …", "演示数据：12 个班次 …"))
    for number, (offset, size, code, stage) in enumerate(COURSES, start=1):
        _course(session, made, number, clock.today() + timedelta(days=offset), size, code, stage)
    say(choose("Demo data: the remaining people and one merge …", "演示数据：其余人员和一次合并 …"))
    missing = PEOPLE - session.execute(select(func.count()).select_from(Person)).scalar_one()
    nanguan = unit_by_code(session, "220102")
    for entrant in made.entrants(missing):
        run(SYSTEM, people.add_person, entrant=entrant, unit_id=nanguan.id)
    _merge(session, history)
    say(choose("Demo data: volunteers, activities and hours …", "演示数据：志愿者、活动和服务时长 …"))
    load_volunteering(session, made, history, lambda username: _actor(session, username))


def demo_sign_ins(session: Session) -> list[tuple[str, str]]:
    """Sign-in name and role of the users of the demo."""
    known = set(session.execute(select(User.username)).scalars())
    return [(username, name) for username, name, _role, _unit in USERS if username in known]


def _add_users(session: Session) -> None:
    password_hash = hash_password(PASSWORD)
    for username, name, role, code in USERS:
        unit = unit_by_code(session, code)
        user = run(
            SYSTEM,
            accounts.add_user,
            username=username,
            name=name,
            password_hash=password_hash,
            unit=unit,
            must_change_password=False,
        )
        run(SYSTEM, accounts.grant_role, user=user, role=role, unit=unit)


def _load_history(session: Session, made: People) -> list[Entrant]:
    """Certificates of the last years in every county, some holders with one from two counties."""
    rescuer = session.execute(select(CredentialType).where(CredentialType.code == "rescuer")).scalar_one()
    instructor = session.execute(
        select(CredentialType).where(CredentialType.code == "instructor")
    ).scalar_one()
    counties = list(
        session.execute(select(Unit).where(Unit.level == "county").order_by(Unit.sort_key)).scalars()
    )
    first = date(2021, 3, 1)
    days = (clock.today() - first).days - 40
    entrants = made.entrants(300)
    # Some counties train more than others, and every year more than the year before.
    where = [county for place, county in enumerate(counties) for _ in range(1 + place * 7 % 9)]
    rows = [
        _legacy(
            n,
            entrant,
            where[n * 37 % len(where)],
            rescuer,
            first + timedelta(days=int(days * (n / 300) ** 0.5)),
        )
        for n, entrant in enumerate(entrants, start=1)
    ]
    nanguan, kuancheng = unit_by_code(session, "220102"), unit_by_code(session, "220103")
    for n, entrant in enumerate(entrants[:12], start=1001):
        rows.append(_legacy(n, entrant, nanguan, rescuer, date(2024, 5, 10)))
        rows.append(_legacy(n + 100, entrant, kuancheng, rescuer, date(2025, 6, 20)))
    for n, entrant in enumerate(made.entrants(6), start=2001):
        unit = (nanguan, unit_by_code(session, "222401"))[n % 2]
        rows.append(_legacy(n, entrant, unit, instructor, date(2025, 4, 1)))
    rows.sort(key=lambda row: row.row)
    run(SYSTEM, certificates.import_certificates, rows=rows)
    return entrants


def _legacy(
    row: int, entrant: Entrant, unit: Unit, credential: CredentialType, issued_on: date
) -> LegacyCertificate:
    return LegacyCertificate(
        row=row,
        entrant=entrant,
        unit_id=unit.id,
        credential_type_id=credential.id,
        number=f"JL{issued_on:%Y}{row:06d}",
        issued_on=issued_on,
        valid_until=add_months(issued_on, 36) - timedelta(days=1),
        course_title=f"{unit.name}救护员培训班",
        class_hours=16,
    )


def _actor(session: Session, username: str) -> Actor:
    user = session.execute(select(User).where(User.username == username)).scalar_one()
    return actor_for(session, user, clock.today())


def _course(
    session: Session, made: People, number: int, starts_on: date, size: int, code: str, stage: str
) -> None:
    trainer = _actor(session, {"220102": "peixun", "222401": "yanji"}.get(code, "changchun"))
    unit = unit_by_code(session, code)
    rescuer = session.execute(select(CourseType).where(CourseType.code == "rescuer")).scalar_one()
    course = run(
        trainer,
        training.open_course,
        course_type=rescuer,
        unit=unit,
        starts_on=starts_on,
        venue=f"{unit.name}红十字应急救护培训基地",
    )
    if size:
        entries = [RosterEntry(n, entrant) for n, entrant in enumerate(made.entrants(size), start=1)]
        run(
            trainer,
            training.enrol,
            course,
            entries=entries,
            source="file",
            file_name=f"学员名单{number}.xlsx",
            digest=f"demo{number}",
        )
    if stage == "cancel":
        run(trainer, training.cancel_course, course, reason="报名人数不足,并入下一期")
    if stage in ("attend", "assess", "close", "prepare", "issue"):
        _attend(session, trainer, course, number)
    if stage in ("assess", "close", "prepare", "issue"):
        _assess(session, trainer, course, half=stage == "assess")
    if stage == "close":
        run(trainer, training.close_course, course, attested=True)
    if stage in ("prepare", "issue"):
        run(trainer, training.close_and_prepare, course, attested=True)
        if stage == "issue":
            batch = session.execute(
                select(CertificateBatch).order_by(CertificateBatch.id.desc()).limit(1)
            ).scalar_one()
            run(
                _actor(session, "shenpi"),
                certificates.issue_batch,
                batch,
                fonts=font_book(),
                public_url="http://127.0.0.1:8000",
            )


def _attend(session: Session, trainer: Actor, course: Course, number: int) -> None:
    found = progress_of(session, course)
    held = [s for s in found.sessions if s.held_on <= clock.today()]
    marks = [
        AttendanceMark(
            trainee.enrolment.id,
            sitting.id,
            0 if n % 17 == 5 and sitting.number > 2 else sitting.minutes,
            "all_present",
        )
        for n, trainee in enumerate(found.trainees)
        for sitting in held
    ]
    run(trainer, training.record_attendance, course, marks=marks, key=f"demo{number}")


def _assess(session: Session, trainer: Actor, course: Course, *, half: bool) -> None:
    found = progress_of(session, course)
    marks: list[AssessmentMark] = []
    for n, trainee in enumerate(found.trainees):
        if half and n % 2:
            continue
        marks.append(AssessmentMark(trainee.enrolment.id, THEORY, 72 if n % 19 == 3 else 82 + n * 7 % 18))
        marks += [
            AssessmentMark(trainee.enrolment.id, item["code"], not (n % 23 == 7 and item["code"] == "cpr"))
            for item in found.version.practical_items
        ]
    run(trainer, training.record_assessment, course, marks=marks, assessed_on=course.ends_on)


def _merge(session: Session, history: list[Entrant]) -> None:
    """A holder who was entered again without a number, found to be the same person."""
    one = history[20]
    nanguan = unit_by_code(session, "220102")
    again = Entrant.of(one.name, None, sex=one.sex, birth_on=one.birth_on)
    loser = run(SYSTEM, people.add_person, entrant=again, unit_id=nanguan.id)
    known = known_by_hash(session, [one.document_hash or ""])[one.document_hash or ""]
    winner = session.get_one(Person, known.person_id)
    run(
        _actor(session, "sheng"),
        people.merge_persons,
        loser=loser,
        winner=winner,
        reason="姓名、性别、出生日期一致,经核对为同一人",
    )
