"""Strict JSON: non-finite numbers, which JSON cannot express, become null."""

from __future__ import annotations

import json
import math
from typing import Any


def to_json(data: Any) -> str:
    """Plain data as one line of JSON; floats keep every digit."""
    try:
        return json.dumps(data, ensure_ascii=False, allow_nan=False)
    except ValueError:  # something is not finite
        return json.dumps(_finite(data), ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
