"""The data of an experiment, prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import Signature
from dltool.data.store.reader import StoredSamples


@dataclass(frozen=True)
class Dataset:
    """All parts of an experiment's data."""

    signature: Signature
    parts: Mapping[str, Samples | StoredSamples]  # "train", and "validation" and "test" if given; all of one kind
    preprocessing: Mapping[str, Any]  # everything needed to prepare other samples in the same way; JSON
    fingerprint: str  # SHA-256 of features and targets before the split
    notes: list[str]  # what was decided for the user
    warnings: list[str]  # what is probably a mistake
