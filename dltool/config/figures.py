"""What the figures of metrics are called in results, where they are watched, and in tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dltool.config.description import Description


def figure_names(metrics: Sequence[Description]) -> list[str]:
    """One name for each metric: its own, and where it is listed more than once, with what sets it apart: f1_macro."""
    count = Counter(metric.yaml_name for metric in metrics)
    return ["_".join(_words(metric) if count[metric.yaml_name] > 1 else [metric.yaml_name]) for metric in metrics]


def _words(metric: Description) -> Iterator[str]:
    yield metric.yaml_name
    for name, field in type(metric).model_fields.items():
        value = getattr(metric, name)
        if value != field.default:
            yield str(value)
