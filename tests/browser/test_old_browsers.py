"""The script and the style sheets use nothing that Chromium 86 does not know; offices still run it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "registry" / "static"

# What came after Chromium 86, each with the version that brought it.
CSS = {
    r"(?<![-\w])inset(-(block|inline))?(-(start|end))?\s*:": "87",
    r"(?<![-\w])(margin|padding|border)-(block|inline)\s*:": "87",
    r":(is|where)\(": "88",
    r":not\([^()]*,": "88",
    r"(?<![-\w])aspect-ratio\s*:": "88",
    r"(?<![-\w])text-decoration-thickness\s*:": "89",
    r"(?<![-\w])forced-color-adjust\s*:": "89",
    r"(?<![-\w])overflow(-[xy])?\s*:\s*clip": "90",
    r"(?<![-\w])accent-color\s*:": "93",
    r"@layer\b": "99",
    r"\brevert-layer\b": "99",
    r"\bhwb\(": "101",
    r"(?<![-\w])(translate|rotate|scale)\s*:": "104",
    r"@media[^{]*[<>]": "104",
    r":has\(": "105",
    r":(modal|popover-open|open)\b": "105",
    r"@container\b": "105",
    r"\b\d+(\.\d+)?cq(w|h|i|b|min|max)\b": "105",
    r"\b\d+(\.\d+)?[dsl]v(h|w|i|b|min|max)\b": "108",
    r"\b(oklch|oklab|lch|lab|color-mix|color)\(": "111",
    r"\b(round|mod|rem|sin|cos|tan|pow|sqrt|hypot|abs|sign)\(": "111",
    r":nth-(last-)?child\([^()]* of ": "111",
    r"(?<![-\w])image-set\(": "113",
    r"(?<![-\w])text-wrap(-\w+)?\s*:": "114",
    r"\bsubgrid\b": "117",
    r"@(scope|starting-style)\b": "118",
    r":user-(valid|invalid)\b": "119",
    r"\b(rgb|hsl)a?\(\s*from\b": "119",
    r"(?<![-\w])mask(-\w+)?\s*:": "120",
    r"(?<![-\w])scrollbar-(color|width)\s*:": "121",
    r"\blight-dark\(": "123",
    r"(?<![-\w])field-sizing\s*:": "123",
}
SCRIPT = {
    r"\bIntl\.Segmenter\b": "87",
    r"^\s*await\b": "89, outside functions",
    r"/[gimsuy]*d[gimsuy]*\.(test|exec)\(": "90",
    r"#\w+ in\b": "91",
    r"\.at\(": "92",
    r"\bcrypto\.randomUUID\b": "92",
    r"\bObject\.hasOwn\b": "93",
    r"\bnew \w*Error\([^)]*\{\s*cause\b": "93",
    r"\bstatic\s*\{": "94",
    r"\bscheduler\.": "94",
    r"\.(findLast|findLastIndex)\(": "97",
    r"\bstructuredClone\b": "98",
    r"\.showPicker\(": "99",
    r"\binert\b": "102",
    r"\bAbortSignal\.(timeout|any)\b": "103",
    r"\.(toSorted|toReversed|toSpliced)\(": "110",
    r"\.(isWellFormed|toWellFormed)\(": "111",
    r"\b(show|hide|toggle)Popover\b": "114",
    r"[\"']scrollend[\"']": "114",
    r"\b(Object|Map)\.groupBy\b": "117",
    r"\bPromise\.withResolvers\b": "119",
    r"\bURL\.(canParse|parse)\b": "120",
    r"\bArray\.fromAsync\b": "121",
    r"\.(isSubsetOf|isSupersetOf|union|intersection|difference)\(": "122",
}


def newer(text: str, banned: dict[str, str]) -> list[str]:
    """The lines of a text that use something banned, with the version that brought it."""
    text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.DOTALL)
    return [
        f"line {number}: {line.strip()[:100]} (Chromium {version})"
        for number, line in enumerate(text.splitlines(), start=1)
        for pattern, version in banned.items()
        if re.search(pattern, line)
    ]


def nested(text: str) -> list[str]:
    """The rules of a style sheet that stand inside another rule: Chromium 112."""
    text = re.sub(r"/\*.*?\*/|\"[^\"]*\"|'[^']*'", "", text, flags=re.DOTALL)
    open_rules: list[str] = []
    found = []
    for part in re.findall(r"[^{};]*[{};]", text):
        head = part[:-1].strip()
        if part.endswith("{"):
            if open_rules and not open_rules[-1].startswith("@"):
                found.append(f"{open_rules[-1]} {{ {head}")
            open_rules.append(head)
        elif part.endswith("}"):
            open_rules.pop()
    return found


@pytest.mark.parametrize("name", ["app.css", "dark.css", "public.css"])
def test_style_sheets_are_of_chromium_86(name: str) -> None:
    text = (STATIC / name).read_text(encoding="utf-8")
    assert newer(text, CSS) == []
    assert nested(text) == []


def test_the_script_is_of_chromium_86() -> None:
    assert newer((STATIC / "app.js").read_text(encoding="utf-8"), SCRIPT) == []


@pytest.mark.parametrize(
    "line",
    [
        ".a:has(b) { color: red }",
        ".a:is(b, c) { color: red }",
        ".a:not(.b, .c) { color: red }",
        "@layer base { }",
        "@container (width > 3em) { }",
        "@media (width >= 400px) { }",
        ".a { inset: 0 }",
        ".a { aspect-ratio: 1 }",
        ".a { min-height: 100dvh }",
        ".a { color: color-mix(in srgb, red, blue) }",
        ".a { accent-color: red }",
    ],
)
def test_what_is_newer_is_seen_in_styles(line: str) -> None:
    assert newer(line, CSS)


@pytest.mark.parametrize(
    "line",
    [
        ".a { b & { color: red } }",
        ".a { color: red; &:hover { color: blue } }",
        "@media print { .a { .b { } } }",
    ],
)
def test_nesting_is_seen(line: str) -> None:
    assert nested(line)


@pytest.mark.parametrize(
    "line",
    [
        "rows.at(-1)",
        "structuredClone(row)",
        "Object.hasOwn(a, b)",
        "if (#b in a) { }",
        "new Error(text, { cause: error })",
        "list.findLast(f)",
        "await load();",
    ],
)
def test_what_is_newer_is_seen_in_scripts(line: str) -> None:
    assert newer(line, SCRIPT)


@pytest.mark.parametrize(
    "line",
    [
        "a ??= b; c?.d; text.replaceAll('a', 'b'); Promise.any(x); /[a-z]/.test(y)",
        ".a:focus-visible { gap: 4px; display: flex; clamp(1px, 2px, 3px) }",
        ".a:not(.b):not(.c) { margin: 0 auto; color: #123abc }",
    ],
)
def test_what_chromium_86_knows_is_not_refused(line: str) -> None:
    assert newer(line, CSS) == []
    assert newer(line, SCRIPT) == []
