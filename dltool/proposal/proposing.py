"""From a path to a proposal."""

from __future__ import annotations

from dataclasses import replace

from dltool.findings import warning
from dltool.proposal.proposal import Proposal, Wishes
from dltool.proposal.recognition import recognize


def propose(data: str, wishes: Wishes, test: str | None = None) -> Proposal:
    """The proposal for the data at a path, and for a test part at another; raises InputError where there is none."""
    found = recognize(data, test)
    if found.kind == "text_stream" and not wishes.target and wishes.task is None:
        from dltool.proposal.streams import propose_stream

        return propose_stream(found)
    if found.kind == "text_stream":  # a target column means a table
        found = replace(found, kind="table")
    if found.kind == "table":
        from dltool.proposal.table import propose_table

        proposal = propose_table(found.parts, wishes)
        return replace(proposal, findings=[*map(warning, found.notes), *proposal.findings])
    from dltool.proposal.arrays import propose_arrays

    return propose_arrays(found, wishes)
