"""Take the pictures of the README, or of every screen to look at.

python3 -m tests.browser.pictures               docs/images/*.png: demo data, Chinese, 1280 px wide
python3 -m tests.browser.pictures --all FOLDER  every screen, in both languages, 1280 and 375 px wide

Both set up a registry of their own in a scratch folder and remove it afterwards.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import select

from registry.accounts.models import Unit, User
from registry.certificates.models import BatchLine
from registry.core.db import db
from registry.demo.load import load_demo
from registry.training.models import Course, Enrolment
from tests import factories as make
from tests.browser.conftest import LANGUAGES, NARROW, TAGS, WIDE, session_cookie
from tests.browser.screens import prepare
from tests.conftest import Site, find_chromium
from tests.databases import SqliteDatabase, scratch_folder

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MOST_BYTES = 200_000


def save(picture: bytes | Image.Image, file: Path) -> None:
    """Save as a PNG of at most 256 colours, smaller if that is still too large for a README."""
    image = picture if isinstance(picture, Image.Image) else Image.open(io.BytesIO(picture))
    for colours in (256, 128, 64, 32):
        few = image.convert("RGB").quantize(
            colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
        few.save(file, optimize=True)
        if file.stat().st_size <= MOST_BYTES:
            return
    raise SystemExit(f"{file} stays larger than {MOST_BYTES} bytes.")


def window(browser: Browser, site: Site, user: User | None, language: str, wide: bool) -> BrowserContext:
    """A browser window of somebody signed in."""
    context = browser.new_context(
        base_url=site.address(),
        viewport=WIDE if wide else NARROW,
        locale=TAGS[language],
        device_scale_factor=1,
    )
    if user is not None:
        context.add_cookies([session_cookie(site.app, site.address(), user, language)])
    return context


def shot(page: Page, path: str, whole: bool = False) -> bytes:
    """The page at an address as a PNG."""
    page.goto(path)
    return page.screenshot(full_page=whole)


def take_readme(browser: Browser, site: Site) -> None:
    """The four pictures of the README."""
    session = db.session()
    load_demo(session, print)
    users = {user.username: user for user in session.execute(select(User)).scalars()}
    certified = (
        select(Enrolment.course_id, BatchLine.certificate_id)
        .join(BatchLine, BatchLine.id == Enrolment.batch_line_id)
        .join(Course, Course.id == Enrolment.course_id)
        .join(Unit, Unit.id == Course.unit_id)
        .where(BatchLine.certificate_id.is_not(None), Unit.code == make.NANGUAN)
        .order_by(Enrolment.id)
    )
    course_id, certificate_id = session.execute(certified.limit(1)).one()
    IMAGES.mkdir(parents=True, exist_ok=True)
    context = window(browser, site, users["peixun"], "zh_CN", wide=True)
    page = context.new_page()
    save(shot(page, "/"), IMAGES / "today.png")
    save(shot(page, f"/training/courses/{course_id}"), IMAGES / "course.png")
    document = pypdfium2.PdfDocument(context.request.get(f"/certificates/{certificate_id}/pdf").body())
    printed = document[0].render(scale=WIDE["width"] / document[0].get_width()).to_pil()
    save(printed, IMAGES / "certificate.png")
    page = window(browser, site, users["sheng"], "zh_CN", wide=True).new_page()
    save(shot(page, "/indicators/rescuers_valid"), IMAGES / "figure.png")


def take_all(browser: Browser, site: Site, folder: Path) -> None:
    """Every screen, to be looked at by somebody."""
    folder.mkdir(parents=True, exist_ok=True)
    reader, screens = prepare(site.app, db.session())
    for language in LANGUAGES:
        for wide in (True, False):
            staff = window(browser, site, reader, language, wide).new_page()
            visitor = window(browser, site, None, language, wide).new_page()
            for screen in screens:
                picture = shot(visitor if screen.public else staff, screen.path, whole=True)
                name = re.sub(r"\W+", "_", screen.name)
                (folder / f"{name}-{language}-{1280 if wide else 375}.png").write_bytes(picture)


def main() -> None:
    """Understand the command line, set up, take the pictures, clean up."""
    parser = argparse.ArgumentParser(description="Take the pictures of the README, or of every screen.")
    parser.add_argument("--all", metavar="FOLDER", type=Path)
    folder = parser.parse_args().all
    scratch = scratch_folder("registry-pictures")
    site = Site(SqliteDatabase(scratch), scratch / "instance")
    try:
        with sync_playwright() as playwright, site.app.app_context():
            browser = playwright.chromium.launch(
                executable_path=find_chromium(), args=["--no-sandbox", "--lang=zh-CN"]
            )
            if folder is not None:
                take_all(browser, site, folder)
            else:
                take_readme(browser, site)
            browser.close()
    finally:
        site.close()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
