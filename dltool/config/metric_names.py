"""Names of metrics in results, monitors and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dltool.config.description import Description


def metric_names(metrics: Sequence[Description]) -> list[str]:
    """One name for each metric; metrics listed more than once get their settings appended, such as f1_macro."""
    count = Counter(metric.yaml_name for metric in metrics)
    return ["_".join(_words(metric) if count[metric.yaml_name] > 1 else [metric.yaml_name]) for metric in metrics]


def _words(metric: Description) -> Iterator[str]:
    yield metric.yaml_name
    for name, field in type(metric).model_fields.items():
        value = getattr(metric, name)
        if value != field.default:
            yield str(value)
