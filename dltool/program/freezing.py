"""Which parameters are frozen: they get no update, and the backward ends above the lowest layer that is trained."""

from __future__ import annotations

from dltool.errors import InputError, Problem
from dltool.ops.graph import Graph
from dltool.patterns import fits, meant_pattern


def require_frozen(graph: Graph) -> None:
    """Raises InputError for patterns that no parameter of the network fits, and where none is left to train."""
    parameters = graph.parameters()
    names = [value.name for value in parameters]
    lost = [pattern for pattern in graph.frozen if not any(fits([pattern], name) for name in names)]
    problems = [
        Problem(f"no parameter of the network fits '{pattern}'; {meant_pattern(pattern, names)}", path="freeze")
        for pattern in lost
    ]
    if parameters and all(value.frozen for value in parameters):
        problems.append(Problem("every parameter is frozen, so there is nothing to train", path="freeze"))
    if problems:
        raise InputError(*problems)
