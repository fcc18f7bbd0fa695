"""When the page is made and what it tells, as a user meets it: after a training, a stop, a failure, and again."""

from __future__ import annotations

import csv
import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from dltool.cli.main import main
from dltool.report.environment import kept
from dltool.report.history import read_history

from .runs import COLUMNS, TASKS, trained, write_config


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("task", TASKS)
def test_it_can_be_made_again(task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = trained(tmp_path, task)
    page = run / "report.html"
    first = page.read_text()
    page.unlink()
    assert main(["report", str(run)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(page)
    without_notes = [re.sub("<ul>.*</ul>", "", text) for text in (first, page.read_text())]
    assert without_notes[0] == without_notes[1]
    assert sorted(path.name for path in run.iterdir()) == [
        "checkpoints",
        "config.yaml",
        "environment.json",
        "metrics.jsonl",
        "report.html",
    ]


def test_its_figures_are_those_of_eval(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = trained(tmp_path, "classes")
    capsys.readouterr()
    assert main(["eval", str(run), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    text = (run / "report.html").read_text()
    for value in (*found["metrics"].values(), found["loss"], found["baselines"]["linear"]["accuracy"]):
        assert f">{value:.4f}<" in text
    for row in found["per_class"]:
        assert re.search(f'>{row["f1"]:.4f}</td><td class="number">{row["support"]}</td>', text)
    environment = kept(run / "environment.json")
    assert environment["processor"] in unescape(text)
    assert f"numpy {np.__version__}" in text


def test_worst_examples_are_rows_of_the_file(tmp_path: Path):
    text = (trained(tmp_path, "numbers") / "report.html").read_text()
    rows = list(csv.reader((tmp_path / "numbers.csv").read_text().splitlines()))
    articles = re.findall("<article.*?</article>", text.partition('id="explanation"')[0])
    assert len(articles) == 12
    for article in articles:
        (line,) = re.findall(r'title="[^"]*numbers\.csv:(\d+)"', article)
        row = dict(zip(rows[0], rows[int(line) - 1], strict=True))
        cells = {unescape(name): unescape(value) for name, value in re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", article)}
        assert cells.keys() == COLUMNS.keys()
        assert float(cells["a"]) == float(row["a"])
        assert cells["place"] == row["place"]
        assert f"<b>{float(row['price']):,.0f}</b>" in article


def test_features_are_told_from_what_the_network_sees(tmp_path: Path):
    text = (trained(tmp_path, "multilabel") / "report.html").read_text()
    table = text.partition('<th scope="col">distribution</th>')[2].partition("</table>")[0]
    facts = [re.sub("<[^>]*>", "|", row) for row in re.findall("<tr>(.*?)</tr>", table)]
    assert "category" in facts[2]
    assert "3 different: " in facts[2]
    assert re.search(r"\|1[01]\.\d %\|", facts[1])  # of one row in nine
    assert re.search("2024-01-0. to 2024-10-2.", facts[3])
    assert re.search("true in (4|5).* %", facts[4])
    assert "words on average" in facts[5]


def test_a_run_does_not_fail_for_want_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def broken(content: object) -> str:
        raise ValueError("no\nink")

    monkeypatch.setattr("dltool.report.making.page", broken)
    assert main(["train", str(write_config(tmp_path, "classes")), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["report"] is None
    assert told.err == "warning: the report could not be made: ValueError: no ink\n"
    assert not list(Path("runs/classes").glob("*.html*"))


def test_a_run_that_diverged_has_one(tmp_path: Path):
    changes = {"optimizer": {"sgd": {"lr": 1e25}}}
    assert main(["train", str(write_config(tmp_path, "numbers", changes)), "--quiet"]) == 1
    text = Path("runs/numbers/report.html").read_text()
    assert "diverged</span>" in text
    assert "No epoch has ended yet" in text


def test_a_stopped_run_has_curves_and_the_way_on(tmp_path: Path):
    from dltool.cli import watched_training
    from dltool.training.signals import StopRequest

    request = StopRequest()
    request.receive(15, None)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(watched_training, "stopping_on_signals", lambda: _Entered(request))
        assert main(["train", str(write_config(tmp_path, "classes")), "--quiet"]) == 143
    text = Path("runs/classes/report.html").read_text()
    assert "stopped by a signal" in text
    assert "<code>dltool resume runs/classes</code>" in text
    assert 'id="classes"' not in text
    assert main(["resume", "runs/classes", "--quiet"]) == 0
    text = Path("runs/classes/report.html").read_text()
    assert "stopped by a signal" not in text
    assert 'id="classes"' in text
    assert "--set train.epochs=8</code>" in text


class _Entered:
    def __init__(self, value: object):
        self._value = value

    def __enter__(self) -> object:
        return self._value

    def __exit__(self, *_: object) -> None:
        pass


def test_where_there_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["report", "nowhere"]) == 2
    assert main(["report", "."]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: nowhere: is not a run directory, such as runs/digits",
        "error: .: no checkpoint in this directory (best.safetensors or last.safetensors); "
        "a run saves one after its first epochs",
    ]


def test_history_of_a_run_that_was_cut_off(tmp_path: Path):
    file = tmp_path / "metrics.jsonl"
    assert read_history(file).last_step == 0
    lines = [{"kind": "step", "step": 5, "epoch": 1, "loss": 1.5, "lr": 0.1}]
    lines += [{"kind": "epoch", "epoch": 1, "step": 8, "train": {"loss": 1.25, "auc": None}, "seconds": 2.0}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"kind": "epoch", "ep')
    history = read_history(file)
    assert (history.last_step, history.updates, history.seconds) == (8, 8, 2.0)
    assert (history.metrics, history.parts("loss"), history.end) == (("loss",), ("train",), {})
