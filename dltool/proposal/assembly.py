"""Assembling a proposal: the data, and a network and a training that suit it."""

from __future__ import annotations

from collections.abc import Sequence

from dltool.findings import Finding
from dltool.proposal import recipe
from dltool.proposal.division import Division
from dltool.proposal.entry import Entry
from dltool.proposal.proposal import Proposal
from dltool.proposal.recipe import Facts


def assemble(
    title: str,
    data: Sequence[Entry],
    division: Division,
    facts: Facts,
    inferred: Sequence[tuple[str, str]],
    findings: Sequence[Finding] = (),
) -> Proposal:
    """The complete proposal for data, its division into parts, and facts about its size."""
    return Proposal(
        title=title,
        entries=[
            Entry("data", [*data, *division.entries]),
            Entry("model", recipe.model(facts)),
            *recipe.training(facts),
        ],
        inferred=[*inferred, *division.inferred, *recipe.summary(facts)],
        findings=findings,
    )
