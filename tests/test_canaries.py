"""What lies outside the reach of a reader shows in no page, list, search, count, file or figure."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

import pypdfium2
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.queries import actor_for
from registry.certificates.commands import void_certificate
from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.commands import reveal_identifier
from registry.people.models import Person, PersonIdentifier
from registry.training import commands
from registry.training.commands import DraftRow
from registry.training.roster import RosterEntry
from registry.web.listing import LISTINGS
from registry.web.listing_choices import ListChoices, SavedView, save_choices
from tests import certificates, factories, training
from tests.endpoints import BELOW, OWN, SIBLING, Reader, Records, address, endpoints, records, values_for

WORD = "金丝雀"
PHONE, DRAFT_PHONE = "13100004242", "13100002424"
NUMBER = factories.resident_number(date(1988, 8, 18), 421, area="222401")
DRAFT_NUMBER = "222401198808189999"
EVERYTHING = (
    Role.PREFECTURE_ADMIN,
    Role.TRAINER,
    Role.CERTIFICATE_APPROVER,
    Role.AUDITOR,
)


def is_list(endpoint: str) -> bool:
    """Whether a page can be had as a file. That of a course holds the list of its trainees and that of a team
    its members; every other list has the name of its page."""
    inside = endpoint in ("training.course", "volunteers.team")
    return endpoint in LISTINGS or inside or endpoint.startswith("indicators.")


def words_in(answer: Any) -> str:
    """Everything a person can read in an answer: headers, pages, workbooks and PDFs unpacked."""
    data = answer.get_data()
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            text = "\n".join(book.read(name).decode("utf-8") for name in book.namelist())
    elif data.startswith(b"%PDF"):
        document = pypdfium2.PdfDocument(data)
        pages = [document[number].get_textpage().get_text_bounded() for number in range(len(document))]
        text = "\n".join([*pages, str(document.get_metadata_dict())])
        document.close()
    else:
        text = data.decode("utf-8")
    headers = "\n".join(f"{name}: {unquote(value)}" for name, value in answer.headers)
    return f"{headers}\n{html.unescape(text)}"


@dataclass(frozen=True)
class Hidden:
    """What stands in the unit beside the readers. `canaries` are texts that are nowhere else."""

    canaries: dict[str, str]
    found: dict[str, Any]


def hide(session: Session) -> Hidden:
    """A person, a course with its list and drafts, a batch, certificates, a user, reasons, a saved view."""
    (found,) = records(session, SIBLING).values()
    holder = run(
        SYSTEM,
        commands.enrol,
        training.course(session, SIBLING, title=f"{WORD}培训班"),
        entries=[
            RosterEntry(1, factories.entrant(f"{WORD}某", number=NUMBER, phone=PHONE, employer=f"{WORD}厂"))
        ],
        drafts=[
            DraftRow(
                2,
                {"name": f"{WORD}草稿", "document_number": DRAFT_NUMBER, "phone": DRAFT_PHONE},
                [{"column": "document_number", "text": "The check digit is wrong.", "params": {}}],
            )
        ],
        source="file",
        file_name=f"{WORD}名单.xlsx",
        digest="d" * 64,
    )
    course_id, taken_id = holder.course_id, holder.id
    person = session.execute(select(Person).where(Person.name == f"{WORD}某")).scalar_one()
    approver = factories.user(session, EVERYTHING, SIBLING, username="canary_user")
    actor = actor_for(session, approver, clock.today())
    run(actor, reveal_identifier, person, reason=f"{WORD}理由")
    (certificate,) = certificates.issued(session, [person.id], unit_code=SIBLING)
    certificate_id, number, token = certificate.id, certificate.number, certificate.token
    (void,) = certificates.issued(
        session, [factories.person(session, SIBLING, name=f"{WORD}丙").id], unit_code=SIBLING
    )
    run(actor, void_certificate, void, reason=f"{WORD}作废")
    save_choices(approver.id, "people.people", ListChoices(None, [SavedView(f"{WORD}视图", "sex=male")]))
    course_number = session.get_one(training.Course, course_id).number
    pinyin = session.execute(select(Person.pinyin).where(Person.id == person.id)).scalar_one()
    assert (
        session.execute(
            select(PersonIdentifier.value).where(PersonIdentifier.person_id == person.id)
        ).scalar_one()
        == NUMBER
    )
    found.update(
        course=course_id, roster_import=taken_id, person=person.id, certificate=certificate_id, token=token
    )
    session.rollback()
    return Hidden(
        {
            "name": f"{WORD}某",
            "pinyin": pinyin,
            "employer": f"{WORD}厂",
            "phone": PHONE,
            "id number": NUMBER,
            "course": f"{WORD}培训班",
            "course number": course_number,
            "file": f"{WORD}名单",
            "draft": f"{WORD}草稿",
            "draft number": DRAFT_NUMBER,
            "draft phone": DRAFT_PHONE,
            "reason of a look": f"{WORD}理由",
            "certificate": number,
            "token": token,
            "reason of a void": f"{WORD}作废",
            "user": "canary_user",
            "view": f"{WORD}视图",
            "anything": WORD,
        },
        found,
    )


def asked(app: Flask, here: Records, unit: int, hidden: Hidden) -> Iterator[str]:
    """Every address a reader can open; lists and figures also as files, and narrowed to what is hidden."""
    for rule, line in endpoints(app):
        if "GET" not in rule.methods:
            continue
        seen = set()
        for found in here.values():
            values = values_for(line, found)
            if values is None or (url := address(app, rule, values)) in seen:
                continue
            seen.add(url)
            yield url
            if not is_list(rule.endpoint):
                continue
            joint = "&" if "?" in url else "?"
            for more in ("export=csv", "export=xlsx", "n=100", f"unit={unit}"):
                yield f"{url}{joint}{more}"
            yield f"{url}{joint}number={hidden.canaries['certificate']}&export=csv"
            yield f"{url}{joint}title={WORD}&q={WORD}&all=1"


def typed(hidden: Hidden) -> list[str]:
    """What somebody looking for it would type into the search."""
    c = hidden.canaries
    return [
        WORD,
        WORD[:1],
        c["name"],
        c["pinyin"],
        c["pinyin"][:4],
        "jsq",
        c["certificate"],
        c["course number"],
        PHONE,
        PHONE[-4:],
    ]


def echoed(answer: Any, text: str) -> str:
    """The words of a search page without what was typed into it."""
    return words_in(answer).replace(f'value="{text}"', "").replace(f"“{text}”", "")


def leaks(where: str, words: str, hidden: Hidden) -> list[str]:
    return [f"{where}: {kind}" for kind, text in hidden.canaries.items() if text.lower() in words.lower()]


READERS = {
    "everything at a prefecture": (EVERYTHING, OWN),
    "a trainer of a county": ((Role.TRAINER,), BELOW),
    "a supervisor": ((Role.SUPERVISOR,), OWN),
}


@pytest.mark.parametrize("who", READERS)
def test_nothing_outside_reach_leaks(app: Flask, session: Session, who: str) -> None:
    here = records(session, OWN, BELOW)
    hidden = hide(session)
    reader = Reader(app, session, *READERS[who])
    found = []
    for url in asked(app, here, hidden.found["unit"], hidden):
        answer = reader.client.get(url, buffered=True)
        # The parameters of an address come back in it.
        words = (
            re.sub(r'(href|value|action)="[^"]*"', "", words_in(answer)) if "?" in url else words_in(answer)
        )
        found += leaks(url, words, hidden)
    for text in typed(hidden):
        for part in ("", "1"):
            answer = reader.send("/search", q=text, part=part)
            found += leaks(f"search {text} {part}", echoed(answer, text), hidden)
    # A full number finds the masked name and the credentials of anyone, by design, and nothing else.
    for part in ("", "1"):
        answer = reader.send("/search", q=NUMBER, part=part)
        found += leaks(f"search number {part}", echoed(answer, NUMBER), hidden)
    assert not found, "\n".join(found)


def test_each_of_them_shows_to_a_reader_within_reach(app: Flask, session: Session) -> None:
    """The other side: the same pages, files and searches do show every one of them there."""
    hidden = hide(session)
    reader = Reader(app, session, EVERYTHING, SIBLING)
    pages = {
        url: words_in(reader.client.get(url, buffered=True))
        for url in asked(app, {SIBLING: hidden.found}, hidden.found["unit"], hidden)
    }
    pages["search"] = echoed(reader.send("/search", q=WORD), WORD)
    pages["suggestions"] = echoed(reader.send("/search", q="jsq", part="1"), "jsq")
    pages["reveal"] = words_in(
        reader.send(f"/people/{hidden.found['person']}/reveal", reason="为核对身份", form_key="a" * 32)
    )
    seen = {
        kind: [url for url, words in pages.items() if text in words] for kind, text in hidden.canaries.items()
    }
    # A saved view is its owner's alone, and pinyin is for finding only.
    assert [kind for kind, urls in seen.items() if not urls] == ["pinyin", "view"]
    assert hidden.canaries["name"] in pages["search"]
    assert hidden.canaries["name"] in pages["suggestions"]
    assert seen["id number"] == ["reveal"]
    kinds = {url.rpartition("export=")[2] for urls in seen.values() for url in urls if "export=" in url}
    assert {"csv", "xlsx"} <= kinds
    assert any("pdf" in url for url in seen["certificate"])


CHANGING = re.compile(r'name="(csrf_token|form_key)"[^>]*value="[^"]*"|Set-Cookie: [^\n]*')


def test_what_is_registered_elsewhere_changes_nothing_here(app: Flask, session: Session) -> None:
    """Counts, totals, pages and files stay the same to the letter while the others write theirs."""
    here = records(session, OWN, BELOW)
    unit = factories.unit(session, SIBLING).id
    session.rollback()
    reader = Reader(app, session, EVERYTHING)
    nothing = Hidden({"certificate": "RC-0"}, {})
    ever_new = ("sign-in", "second-factor")  # A page that leads on, and one with a new secret each time.
    with time_machine.travel(clock.now(), tick=False):
        addresses = [
            url for url in asked(app, here, unit, nothing) if not any(word in url for word in ever_new)
        ]
        before = {url: CHANGING.sub("", words_in(reader.client.get(url, buffered=True))) for url in addresses}
        searches = {
            text: CHANGING.sub("", words_in(reader.send("/search", q=text)))
            for text in ("王", "w", "RC", "2026")
        }
        hide(session)
        wrong = []
        for url, then in before.items():
            now = CHANGING.sub("", words_in(reader.client.get(url, buffered=True)))
            if now != then:
                wrong.append(f"{url}: {first_difference(then, now)}")
        for text, then in searches.items():
            now = CHANGING.sub("", words_in(reader.send("/search", q=text)))
            if now != then:
                wrong.append(f"search {text}: {first_difference(then, now)}")
    assert not wrong, "\n".join(wrong)
    assert len(before) > 150


def first_difference(then: str, now: str) -> str:
    place = next(
        (n for n, (a, b) in enumerate(zip(then, now, strict=False)) if a != b), min(len(then), len(now))
    )
    return f"{then[max(0, place - 60) : place + 60]!r} became {now[max(0, place - 60) : place + 60]!r}"


def test_a_person_known_in_both_places_shows_how_much_there_is_elsewhere(
    app: Flask, session: Session
) -> None:
    """Shared by two units, the page of a person tells the facts in reach and counts the others."""
    person = factories.person(session, OWN, number=NUMBER, name="王小明")
    own = certificates.issued(session, [person.id], unit_code=OWN)[0].number
    course = training.course(session, SIBLING, title=f"{WORD}培训班")
    entry = RosterEntry(1, factories.entrant("王小明", number=NUMBER, employer=f"{WORD}厂"))
    run(SYSTEM, commands.enrol, course, entries=[entry], source="file", file_name=f"{WORD}名单.xlsx")
    (elsewhere,) = certificates.issued(session, [person.id], unit_code=SIBLING)
    number = elsewhere.number
    theirs = factories.user(session, EVERYTHING, SIBLING, username="canary_user")
    run(actor_for(session, theirs, clock.today()), reveal_identifier, person, reason=f"{WORD}理由")
    session.rollback()
    for unit, here, there in ((OWN, own, number), (SIBLING, number, own)):
        reader = Reader(app, session, EVERYTHING, unit)
        page = words_in(reader.client.get(f"/persons/{person.id}"))
        assert here in page
        assert there not in page
        assert (f"{WORD}培训班" in page) == (unit == SIBLING)
        assert f"{WORD}厂" not in page or unit == SIBLING
        for told in (f"{WORD}理由", "canary_user"):
            assert (told in page) == (unit == SIBLING)
        count = {OWN: 2, SIBLING: 1}[unit]
        assert f"{count} " in re.findall(r"<p class=\"muted\">[^<]*\d[^<]*</p>", page)[-1]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_public_sees_a_masked_name_and_never_a_number(
    app: Flask, session: Session, language: str
) -> None:
    hidden = hide(session)
    c = hidden.canaries
    client = app.test_client()
    pages = {
        "verify": client.get(f"/v/{c['token']}?lang={language}"),
        "look up": client.get(f"/verify?lang={language}"),
    }
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', pages["look up"].get_data(as_text=True))
    assert token

    def send(url: str, **fields: str) -> Any:
        return client.post(
            f"{url}?lang={language}", data={"csrf_token": token[1], "form_key": "b" * 32, **fields}
        )

    pages["right name"] = send(f"/v/{c['token']}", name=c["name"])
    pages["wrong name"] = send(f"/v/{c['token']}", name="王小明")
    pages["found"] = send("/verify", number=c["certificate"], name=c["name"])
    pages["not found"] = send("/verify", number=c["certificate"], name="王小明")
    for name, page in pages.items():
        words = words_in(page).replace(f'value="{c["name"]}"', "")
        for kind in ("name", "employer", "phone", "id number", "course", "pinyin", "user"):
            assert c[kind].lower() not in words.lower(), (name, kind)
        assert "1988" not in words.replace(c["certificate"], ""), name
    assert "金**" in words_in(pages["verify"])
    assert c["certificate"] in words_in(pages["found"])
    assert "金" not in words_in(pages["not found"]), "a wrong name is told as an unknown number is"
    assert "certificate" not in pages["look up"].headers.get("Content-Disposition", "")
