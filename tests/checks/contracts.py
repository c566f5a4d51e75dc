"""The import contracts of registers.

They follow the names of modules: `commands.py`, `commands_own.py` and the package `commands` are all of
the kind `commands`, so a file that is split stays under its contract.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


def register_and_kind(module: str) -> tuple[str, str]:
    """`registry.people.commands_own` is ("people", "commands"); outside a register both are empty."""
    parts = module.split(".")
    return (parts[1], parts[2].split("_")[0]) if len(parts) > 2 else ("", "")


class _Contract(Contract):
    """A contract whose breaches are lines of text."""

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        broken = sorted(set(self.breaches(graph)))
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def breaches(self, graph: ImportGraph) -> Iterator[str]:
        """One line for each breach."""
        raise NotImplementedError

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["broken"]:
            output.print_error(line)


class NeighboursContract(_Contract):
    """A register may call another's commands and queries, never its views or forms.

    `private` names the kinds that are a register's own; `shared` the packages everybody uses.
    """

    type_name = "neighbours"
    # A field is read as the list that it was parsed into.
    private: Any = fields.ListField(subfield=fields.StringField())
    shared: Any = fields.ListField(subfield=fields.StringField())

    def breaches(self, graph: ImportGraph) -> Iterator[str]:
        for imported in graph.modules:
            register, kind = register_and_kind(imported)
            if kind not in self.private or register in self.shared:
                continue
            for importer in graph.find_modules_that_directly_import(imported):
                if register_and_kind(importer)[0] not in ("", register):
                    yield f"{importer} imports {imported}"


class KindsContract(_Contract):
    """Inside a register a lower kind never reaches a higher one, and `rules` never reach `web_modules`.

    `kinds` are named from the highest to the lowest. A chain of imports counts like an import.
    """

    type_name = "kinds"
    kinds: Any = fields.ListField(subfield=fields.StringField())
    rules: Any = fields.ListField(subfield=fields.StringField())
    web_modules: Any = fields.ListField(subfield=fields.StringField())

    def breaches(self, graph: ImportGraph) -> Iterator[str]:
        members: dict[str, list[str]] = {}
        for module in sorted(graph.modules):
            members.setdefault(register_and_kind(module)[0], []).append(module)
        web = [m for m in sorted(graph.modules) if any(f"{m}.".startswith(f"{w}.") for w in self.web_modules)]
        for register, modules in members.items():
            for module in modules if register else []:
                kind = register_and_kind(module)[1]
                higher = self.kinds[: self.kinds.index(kind)] if kind in self.kinds else []
                targets = [m for m in modules if register_and_kind(m)[1] in higher]
                for target in targets + (web if kind in self.rules else []):
                    chain = graph.find_shortest_chain(module, target)
                    if chain is not None:
                        yield " -> ".join(chain)
