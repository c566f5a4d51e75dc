"""The course types the registry starts with."""

from __future__ import annotations

from sqlalchemy import select

from registry.accounts.commands import EARLIEST
from registry.certificates.models import CredentialType
from registry.core.i18n import N_
from registry.core.write import Write, command
from registry.training.models import CourseType, CourseTypeVersion

PRACTICAL_ITEMS = (
    ("cpr", "心肺复苏", N_("Cardiopulmonary resuscitation")),
    ("aed", "自动体外除颤器使用", N_("Use of an AED")),
    ("airway", "气道异物梗阻急救", N_("Choking")),
    ("bandage", "创伤包扎", N_("Bandaging")),
)


def _sitting(day: int, starts: str, ends: str, title: str, class_hours: int) -> dict[str, object]:
    return {"day": day, "starts": starts, "ends": ends, "title": title, "class_hours": class_hours}


_TWO_DAYS = [
    _sitting(1, "08:30", "11:30", "红十字运动与救护概论", 4),
    _sitting(1, "13:00", "16:00", "心肺复苏与AED", 4),
    _sitting(2, "08:30", "11:30", "创伤救护", 4),
    _sitting(2, "13:00", "16:00", "常见急症与突发事件", 4),
]
_HALF_DAY = [_sitting(1, "08:30", "11:30", "心肺复苏与AED", 4)]
_FIVE_DAYS = [
    sitting
    for day in range(1, 6)
    for sitting in (
        _sitting(day, "08:30", "11:30", f"第{day}天上午", 4),
        _sitting(day, "13:00", "16:00", f"第{day}天下午", 4),
    )
]

# code, name, English name, class hours, plan, theory pass mark, number of practical items, minimum age,
# trainees at most, credential. Every threshold is a setting to confirm.
COURSE_TYPES = (
    ("rescuer", "救护员培训", "First-aid certification course", 16, _TWO_DAYS, 80, 4, 16, 60, "rescuer"),
    ("cpr_aed", "心肺复苏(CPR+AED)培训", "CPR and AED course", 4, _HALF_DAY, 60, 2, 14, 60, "cpr_aed"),
    ("instructor", "救护师资培训", "Instructor course", 40, _FIVE_DAYS, 80, 4, 18, 30, "instructor"),
)


@command(None)
def load_course_types(w: Write) -> int:
    """Load the course types with their first versions; returns how many."""
    credentials = {c.code: c.id for c in w.session.execute(select(CredentialType)).scalars()}
    for code, name, name_en, hours, plan, theory, items, min_age, most, credential in COURSE_TYPES:
        course_type = w.add(CourseType(code=code, name=name, name_en=name_en))
        w.add(
            CourseTypeVersion(
                course_type_id=course_type.id,
                version=1,
                starts_on=EARLIEST,
                class_hours=hours,
                class_hour_minutes=45,
                max_absent_minutes=180,
                theory_pass=theory,
                practical_items=[{"code": c, "name": n, "name_en": e} for c, n, e in PRACTICAL_ITEMS[:items]],
                session_plan=plan,
                min_age=min_age,
                max_trainees=most,
                credential_type_id=credentials[credential],
            )
        )
    return len(COURSE_TYPES)
