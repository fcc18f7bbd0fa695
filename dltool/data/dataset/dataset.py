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
    parts: Mapping[
        str, Samples | StoredSamples
    ]  # "train", and "validation" and "test" where there are such; all of one kind
    preprocessing: Mapping[str, Any]  # all that is needed to prepare further samples alike; JSON
    fingerprint: str  # SHA-256 of features and targets as read, whatever becomes of them
    notes: list[str]  # what was decided for the user
    warnings: list[str]  # what is probably a mistake
