"""Import contracts that import-linter does not bring along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class NeighboursContract(Contract):
    """A register may call another's commands and queries, never its views or forms.

    `private` names the modules of a register that are its own; `shared` the packages everybody uses.
    The package root and modules directly in it (the application, its command line) may import all.
    """

    type_name = "neighbours"
    # A field is read as the list that it was parsed into.
    private: Any = fields.ListField(subfield=fields.StringField())
    shared: Any = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        broken = sorted(self._trespasses(graph))
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def _trespasses(self, graph: ImportGraph) -> Iterator[tuple[str, str]]:
        for imported in graph.modules:
            parts = imported.split(".")
            if len(parts) < 3 or parts[1] in self.shared or parts[2] not in self.private:
                continue
            for importer in graph.find_modules_that_directly_import(imported):
                by = importer.split(".")
                if len(by) > 2 and by[:2] != parts[:2]:
                    yield importer, imported

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} imports {imported}")
