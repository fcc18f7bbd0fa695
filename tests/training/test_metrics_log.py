"""metrics.jsonl: lines of exact JSON, cut back to a checkpoint's mark, never written by two."""

from __future__ import annotations

import json

import pytest

from dltool.errors import InputError
from dltool.training.metrics_log import MetricsLog, read_epochs


def test_numbers_come_back_exactly_and_undefined_ones_are_null(tmp_path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.append([{"kind": "step", "loss": 0.1 + 0.2, "auc": float("nan"), "f1": [1.0, float("inf")], "name": "größe"}])
    log.close()
    text = (tmp_path / "metrics.jsonl").read_text()
    assert text.count("\n") == 1
    assert json.loads(text) == {"kind": "step", "loss": 0.1 + 0.2, "auc": None, "f1": [1.0, None], "name": "größe"}


def test_reopening_cuts_back_to_the_mark(tmp_path):
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(path)
    log.append([{"kind": "epoch", "epoch": 1}])
    log.flush()
    mark = log.size
    log.append([{"kind": "epoch", "epoch": 2}, {"kind": "end"}])
    log.close()
    log = MetricsLog(path, keep=mark)
    log.append([{"kind": "epoch", "epoch": 3, "positive_class": "a\u2028b"}])  # no end of a line
    log.close()
    assert [line["epoch"] for line in read_epochs(path)] == [1, 3]


def test_a_line_cut_short_is_left_out(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"kind": "epoch", "epoch": 1}\n{"kind": "step"}\n{"kind": "epoch", "ep')
    assert [line["epoch"] for line in read_epochs(path)] == [1]
    assert read_epochs(tmp_path / "none") == []


def test_one_writer_at_a_time(tmp_path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    with pytest.raises(InputError, match="another process is training this run"):
        MetricsLog(tmp_path / "metrics.jsonl")
    log.close()
    MetricsLog(tmp_path / "metrics.jsonl").close()
