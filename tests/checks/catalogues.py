"""The Chinese catalogue against the code: every message translated, none obsolete, fuzzy or uncompiled.

English needs no catalogue: the messages in the code are English. `--update [FILE…]` writes the catalogue
anew from the code, takes translations from tab-separated files (message, tab, translation), and compiles it.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import TemplateSyntaxError

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "registry" / "translations" / "zh" / "LC_MESSAGES"
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}


def extracted() -> Catalog:
    """The messages in code and templates, as `[tool.babel]` says where to look."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]
    methods = [(m["pattern"], m["method"]) for m in settings["mappings"]]
    catalog = Catalog("zh_CN", project="red-cross-registry", version="1", copyright_holder="", fuzzy=False)
    read: list[str] = []
    try:
        found = list(
            extract_from_dir(
                ROOT,
                methods,
                {pattern: {"silent": "false"} for pattern, method in methods if method == "jinja2"},
                KEYWORDS,
                comment_tags=("Translators:",),
                callback=lambda file, _method, _options: read.append(file),
                directory_filter=lambda folder: _is_ours(Path(folder)),
            )
        )
    except (SyntaxError, TemplateSyntaxError) as error:
        sys.exit(f"{read[-1]} cannot be read: {error}")
    for file, _line, message, comments, context in sorted(found, key=lambda item: (item[0], item[1])):
        # Without line numbers a moved line changes nothing here.
        catalog.add(message, None, [(file, 0)], auto_comments=comments, context=context)
    return catalog


def _is_ours(folder: Path) -> bool:
    parts = folder.relative_to(ROOT).parts
    return not parts or parts[0] in ("registry", "templates")


def stored() -> Catalog:
    """The catalogue in the project."""
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_CN")


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as the application reads it."""
    target = BytesIO()
    write_mo(target, catalog)
    return target.getvalue()


def _key(message: Message) -> tuple[str | tuple[str, ...], str | None]:
    return (tuple(message.id) if isinstance(message.id, list | tuple) else message.id), message.context


def problems() -> Iterator[str]:
    """What is wrong with the catalogue, one line each."""
    if not (FOLDER / "messages.po").exists():
        yield "there is no catalogue: make it with --update"
        return
    in_code = {_key(message) for message in extracted() if message.id}
    catalog = stored()
    in_catalogue = {_key(message): message for message in catalog if message.id}
    yield from (f"not in the catalogue: {key[0]!r}" for key in sorted(in_code - set(in_catalogue), key=repr))
    yield from (f"no longer in the code: {key[0]!r}" for key in sorted(set(in_catalogue) - in_code, key=repr))
    for message in in_catalogue.values():
        translations = message.string if isinstance(message.string, list | tuple) else [message.string]
        if not all(translations):
            yield f"not translated: {message.id!r}"
        if message.fuzzy:
            yield f"fuzzy: {message.id!r}"
    for message, errors in catalog.check():
        yield from (f"{message.id!r}: {error}" for error in errors)
    binary = FOLDER / "messages.mo"
    if not binary.exists() or binary.read_bytes() != compiled(catalog):
        yield "the compiled catalogue is not that of messages.po"


def update(files: list[str]) -> None:
    """Bring the catalogue in line with the code, add translations from files, and compile it."""
    catalog = extracted()
    known: dict[object, object] = {}
    if (FOLDER / "messages.po").exists():
        known = {_key(message): message.string for message in stored() if message.id}
    for file in files:
        for line in Path(file).read_text(encoding="utf-8").splitlines():
            message_id, _tab, translation = line.partition("\t")
            if translation:
                known[message_id, None] = translation
    for message in catalog:
        if message.id:
            message.string = known.get(_key(message), message.string)  # type: ignore[assignment]
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "messages.po").open("wb") as target:
        write_po(target, catalog, width=100, include_lineno=False, sort_output=True)
    (FOLDER / "messages.mo").write_bytes(compiled(stored()))


def main() -> int:
    """Check, or update with --update."""
    if sys.argv[1:2] == ["--update"]:
        update(sys.argv[2:])
    found = list(problems())
    print("\n".join(found) or "the catalogue is complete")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
