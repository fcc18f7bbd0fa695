"""What the server counts, in the text format of Prometheus."""

from __future__ import annotations

import resource
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dltool import __version__
from dltool.serve.served import Served

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024)

Labels = tuple[tuple[str, str], ...]


class Histogram:
    """How many values lie below each bound."""

    def __init__(self, bounds: Sequence[float]):
        self._bounds, self._counts, self._sum = bounds, [0] * (len(bounds) + 1), 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self, name: str) -> Iterator[str]:
        """The samples of the exposition."""
        total = 0
        for bound, count in zip([*map(str, self._bounds), "+Inf"], self._counts, strict=True):
            total += count
            yield f'{name}_bucket{{le="{bound}"}} {total}'
        yield f"{name}_sum {self._sum:.9g}"
        yield f"{name}_count {total}"


class Metrics:
    """All counts since the server started."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()  # by model, route and status
        self.rows: Counter[str] = Counter()  # predicted, by model
        self.reloads: Counter[tuple[str, str]] = Counter()  # by model and result
        self.seconds, self.batch_rows = Histogram(SECONDS), Histogram(ROWS)
        self.in_progress = 0
        self._started = time.time()

    def text(self, served: Mapping[str, Served]) -> str:
        """The exposition."""
        requests = (((("model", m), ("route", r), ("status", str(s))), n) for (m, r, s), n in self.requests.items())
        reloads = (((("model", model), ("result", result)), n) for (model, result), n in self.reloads.items())
        unknown = (
            ((("model", one.name), ("column", column)), n)
            for one in served.values()
            for column, n in one.unknown.items()
        )
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        info = ((("version", __version__),), 1)
        lines = [
            *_family("dltool_info", "gauge", "Version of the server.", [info]),
            *_family("dltool_start_time_seconds", "gauge", "When the server started.", [((), self._started)]),
            *_family("dltool_requests_total", "counter", "Requests that were answered.", requests),
            *_family(
                "dltool_requests_in_progress", "gauge", "Requests without an answer yet.", [((), self.in_progress)]
            ),
            *_family(
                "dltool_rows_total", "counter", "Rows predicted.", (((("model", m),), n) for m, n in self.rows.items())
            ),
            *_family("dltool_unknown_values_total", "counter", "Values not seen in training.", unknown),
            *_family("dltool_reloads_total", "counter", "Checkpoints that were loaded again.", reloads),
            *_family("dltool_peak_memory_bytes", "gauge", "Largest resident memory.", [((), memory)]),
            "# HELP dltool_request_seconds Time to answer a request for predictions.",
            "# TYPE dltool_request_seconds histogram",
            *self.seconds.lines("dltool_request_seconds"),
            "# HELP dltool_batch_rows Rows that the network predicted together.",
            "# TYPE dltool_batch_rows histogram",
            *self.batch_rows.lines("dltool_batch_rows"),
        ]
        return "\n".join(lines) + "\n"


def _family(name: str, kind: str, about: str, samples: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        listed = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
        yield f"{name}{{{listed}}} {value:.17g}" if listed else f"{name} {value:.17g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
