"""What `init` learned about array samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.data.readers.outline import Outline
from dltool.findings import Finding


@dataclass(frozen=True)
class Seen:
    """The source of each part, and the form of its samples."""

    fields: Mapping[str, dict[str, Any]]  # of the source, by part
    outlines: Mapping[str, Outline]  # likewise
    image: bool  # samples are (height, width) or (height, width, channels)
    axes: str = ""  # how the axes of a sample are read, if that is not obvious
    findings: Sequence[Finding] = ()
