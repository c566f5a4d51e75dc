"""The verbs of this register."""

from __future__ import annotations

from registry.people.commands.match import Entrant, Matched, match_or_add, number_hash, other_name
from registry.people.commands.merge import merge_persons, undo_merge
from registry.people.commands.persons import add_person, correct_person, look_up_number, reveal_identifier
from registry.people.commands.reach import keep_reach, register_reach

__all__ = [
    "Entrant",
    "Matched",
    "add_person",
    "correct_person",
    "keep_reach",
    "look_up_number",
    "match_or_add",
    "merge_persons",
    "number_hash",
    "other_name",
    "register_reach",
    "reveal_identifier",
    "undo_merge",
]
