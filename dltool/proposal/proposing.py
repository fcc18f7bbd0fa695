"""From a path to a proposal."""

from __future__ import annotations

from dltool.proposal.proposal import Proposal, Wishes
from dltool.proposal.recognition import recognize


def propose(data: str, wishes: Wishes, test: str | None = None) -> Proposal:
    """The proposal for the data at a path, and for a test part at another; raises InputError where there is none."""
    found = recognize(data, test)
    if found.kind == "table":
        from dltool.proposal.table import propose_table

        return propose_table(found.parts, wishes)
    from dltool.proposal.arrays import propose_arrays

    return propose_arrays(found, wishes)
