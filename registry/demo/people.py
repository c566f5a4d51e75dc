"""Invented people. Their document numbers name an area that was never assigned (2299)."""

from __future__ import annotations

import random
from datetime import date

from registry.people.commands import Entrant
from registry.people.identity import check_character, read_document
from registry.people.kinds import DocumentKind

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕朴崔"
GIVEN = "伟芳娜敏静丽强磊军洋艳勇杰娟涛明超秀霞平刚桂英华慧巧美丹萍鑫宇浩轩梓涵诺桐欣怡佳琪雪莹"
RARE = ("欧阳娜娜", "张㛃", "王䶮", "李𠅤", "김민준", "阿卜杜热依木·麦麦提敏")
EMPLOYERS = (
    "南关区民康街道办事处",
    "长春市第八中学",
    "吉林建筑大学",
    "长春轨道客车股份有限公司",
    "延吉市进学街道社区",
    "吉林省交通投资集团",
    "长春市公共交通集团",
    "净月高新区某物业公司",
)
OCCUPATIONS = ("教师", "学生", "社区工作者", "公交司机", "民警", "职员", "护士", "退休")
EDUCATIONS = ("初中", "高中", "中专", "大专", "本科", "硕士")


class People:
    """A source of invented people, the same for the same seed."""

    def __init__(self, seed: int, today: date) -> None:
        self._random = random.Random(seed)  # noqa: S311 - invented data, not secrets.
        self._today = today
        self._serial = 0

    def entrant(self) -> Entrant:
        """The next person: now and then with a name that needs a rare character."""
        self._serial += 1
        pick = self._random.choice
        name = (
            RARE[self._serial // 90 % len(RARE)]
            if self._serial % 90 == 7
            else pick(SURNAMES) + "".join(pick(GIVEN) for _ in range(pick((1, 2, 2))))
        )
        born = date(1958 + self._serial * 7 % 48, self._serial * 5 % 12 + 1, self._serial * 11 % 28 + 1)
        first = f"2299{self._serial // 900 % 90 + 10:02d}{born:%Y%m%d}{self._serial % 900 + 100:03d}"
        document = read_document(DocumentKind.RESIDENT_ID, first + check_character(first), today=self._today)
        return Entrant.of(
            name,
            document,
            phone=f"1300000{self._serial:04d}",
            employer=pick(EMPLOYERS),
            occupation=pick(OCCUPATIONS),
            education=pick(EDUCATIONS),
        )

    def entrants(self, count: int) -> list[Entrant]:
        """The next `count` people."""
        return [self.entrant() for _ in range(count)]
