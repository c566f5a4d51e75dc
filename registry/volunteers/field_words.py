"""Fields of service as lists write them."""

from __future__ import annotations

from registry.core.imports import plain
from registry.volunteers.fields import FIELDS

# Field of service → the words it goes by in lists, besides its code and its English name.
_WORDS: dict[str, tuple[str, ...]] = {
    "rescue": ("应急救援救护", "应急救援", "应急救护", "救护"),
    "aid": ("人道救助", "救助"),
    "blood": ("无偿献血宣传", "无偿献血", "献血"),
    "stem_cells": ("造血干细胞捐献", "造血干细胞"),
    "ihl": ("国际人道法传播", "国际人道法", "人道法传播"),
    "community": ("社区服务", "社区"),
    "elderly": ("养老服务", "为老服务", "养老"),
    "youth": ("青少年服务", "青少年工作", "青少年"),
    "other": ("其他服务", "其他", "其它"),
}
_BY_WORD = {plain(word): code for code, words in _WORDS.items() for word in (code, FIELDS[code], *words)}


def field_named(word: str) -> str | None:
    """The code of the field of service that a word names; None for a word that names none."""
    return _BY_WORD.get(plain(word))
