"""Forecasts as a user meets them: training, baselines, metrics, the future of a file, backtests and the report."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main

WEEK = np.array([5, 7, 8, 8, 9, 3, 1], float)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    days = np.arange("2024-01-01", "2024-04-20", dtype="datetime64[D]").astype(str)
    lines = [
        f"{day},{shop},{size * (WEEK[n % 7] + 0.01 * n + (n * n % 13) / 40)},{n % 7 == 6}"
        for shop, size in (("a", 1), ("b", 100))
        for n, day in enumerate(days)
    ]
    Path("shops.csv").write_text("\n".join(["day,shop,sales,closed", *lines]) + "\n")


def config(loss: Any = "mse", **fields: Any) -> str:
    source = {
        "path": "shops.csv", "target": "sales", "group": "shop", "time": "day",
        "length": 14, "horizon": 7, "steps": True, **fields,
    }  # fmt: skip
    written = {
        "data": {"windows": source, "split": {"validation": 0.2}, "scaling": "per_series"},
        "model": ["flatten", {"dense": {"units": "targets"}}],
        "loss": loss,
        "optimizer": {"adam": {"lr": 0.02}},
        "metrics": ["mae", "mase", "smape", "quantile_loss"],
        "train": {"epochs": 60, "batch_size": 16, "seed": 3},
    }
    Path("c.yaml").write_text(yaml.safe_dump(written))
    return "c.yaml"


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open() as file:
        return list(csv.DictReader(file))


def test_a_forecast_of_two_series_from_training_to_the_future(capsys: pytest.CaptureFixture[str]):
    assert main(["train", config(), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["report"]
    assert list(found["baselines"]) == ["trivial", "last value", "seasonal", "linear"]
    assert (
        found["validation"]["mase"] < found["baselines"]["seasonal"]["mase"] < found["baselines"]["last value"]["mase"]
    )
    assert main(["eval", "runs/c", "--json"]) == 0
    assert [row["target"] for row in json.loads(capsys.readouterr().out)["per_target"]] == ["sales"]
    assert main(["predict", "runs/c", "shops.csv", "-o", "next.csv"]) == 0
    future = rows("next.csv")
    assert [row["step"] for row in future] == list("1234567") * 2
    assert [row["day"] for row in future][:2] == ["2024-04-20", "2024-04-21"]
    for shop, size in (("a", 1), ("b", 100)):
        predicted = [float(row["prediction"]) for row in future if row["shop"] == shop]
        expected = size * (WEEK[(np.arange(7) + 110) % 7] + 1.2)
        np.testing.assert_allclose(predicted, expected, atol=1.2 * size)
    text = Path("runs/c/report.html").read_text()
    assert 'id="forecasts"' in text
    assert "sales of a" in text
    assert "sales of b" in text


def test_quantiles_surround_the_middle_and_are_measured(capsys: pytest.CaptureFixture[str]):
    loss = {"quantile": {"quantiles": [0.1, 0.5, 0.9]}}
    assert main(["train", config(loss), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["validation"]["quantile_loss"] < found["validation"]["mae"] / 2
    linear = found["baselines"]["linear"]
    assert linear["quantile_loss"] == pytest.approx(linear["mae"] / 2)  # one number stands for all quantiles
    assert main(["predict", "runs/c", "shops.csv", "-o", "next.csv"]) == 0
    for row in rows("next.csv"):
        low, middle, high = (float(row[f"prediction_q{quantile}"]) for quantile in (0.1, 0.5, 0.9))
        assert low <= middle <= high
    assert 'class="band network"' in Path("runs/c/report.html").read_text()


def test_folds_are_rolling_origins(capsys: pytest.CaptureFixture[str]):
    assert main(["train", config(), "--folds", "3", "--json", "--set", "train.epochs=2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["standard_deviation"]["validation"]["mase"] > 0
    sizes = []
    for fold in (1, 2, 3):
        assert main(["check", f"runs/c/fold-{fold}/config.yaml", "--json"]) == 0
        sizes.append(json.loads(capsys.readouterr().out)["rows"]["train"])
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_the_bits_of_per_series_metrics_do_not_depend_on_a_stop(capsys: pytest.CaptureFixture[str]):
    assert main(["train", config(), "--json", "--set", "train.epochs=4"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert main(["train", config(), "--quiet", "--set", "train.epochs=2", "--run-dir", "short"]) == 0
    capsys.readouterr()
    assert main(["resume", "short", "--set", "train.epochs=4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["validation"] == whole["validation"]


def test_without_a_horizon_known_ahead_the_fault_names_the_columns(capsys: pytest.CaptureFixture[str]):
    assert main(["train", config(known_ahead=["closed"]), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["predict", "runs/c", "shops.csv", "-o", "next.csv"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "error: shops.csv:111: series 'a' ends here at 2024-04-19; 'closed' must be given for the 7 rows behind it, and"
        " are for 0: add rows in which only what is known ahead is filled in"
    )
    future = [f"2024-04-{20 + n},{shop},,{n == 1}" for shop in "ab" for n in range(7)]
    Path("more.csv").write_text(Path("shops.csv").read_text() + "\n".join(future) + "\n")
    assert main(["predict", "runs/c", "more.csv", "-o", "next.csv"]) == 0
    assert len(rows("next.csv")) == 14


@pytest.mark.parametrize("rule", ["skip", "missing"])
def test_a_cell_that_cannot_be_read_is_told(rule: str, capsys: pytest.CaptureFixture[str]):
    assert main(["train", config(), "--quiet", "--set", "train.epochs=1"]) == 0
    Path("bad.csv").write_text(Path("shops.csv").read_text() + "2024-04-20,b,oops,False\n")
    capsys.readouterr()
    assert main(["predict", "runs/c", "bad.csv", "-o", "next.csv", "--bad", rule]) == 0
    assert capsys.readouterr().err == "note: column 'sales': 1 cell that cannot be read, taken as missing\n"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"calendar": ["hour"], "time": None}, "data.windows: 'calendar' needs 'time', the column of times"),
        ({"known_ahead": ["sales"]}, "data.windows: 'sales' is the target, so it is not known ahead"),
        ({"target": ["sales", "sales"]}, "data.windows.target: 'sales' is listed twice"),
        ({"columns": ["sales", " sales"]}, "data.windows.columns: 'sales' is listed twice"),
        ({"known_ahead": ["closed", "closed"]}, "data.windows.known_ahead: 'closed' is listed twice"),
        ({"group": ["shop", "shop"]}, "data.windows.group: 'shop' is listed twice"),
        ({"calendar": ["day", "day"]}, "data.windows.calendar: 'day' is listed twice"),
    ],
)
def test_fields_that_do_not_fit(fields: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]):
    assert main(["check", config(**fields)]) == 2
    assert line in capsys.readouterr().err


@pytest.mark.parametrize(
    ("loss", "line"),
    [
        ({"quantile": [0.5, 0.1]}, "expected quantiles that rise, such as [0.1, 0.5, 0.9]"),
        ({"quantile": [0.0, 1.5]}, "loss.quantile[0]: expected a number above 0 and below 1, got 0.0"),
    ],
)
def test_quantiles_that_are_none(loss: Any, line: str, capsys: pytest.CaptureFixture[str]):
    assert main(["check", config(loss)]) == 2
    assert line in capsys.readouterr().err


@pytest.mark.parametrize("layer", [{"gru": 8}, "global_average_pool"])
def test_labeled_series_of_unequal_length(layer: Any, capsys: pytest.CaptureFixture[str]):
    random = np.random.default_rng(0)
    lines = [",".join(f"{x:.3f}" for x in random.normal(5 + n % 2, 0.3, random.integers(3, 12))) for n in range(60)]
    Path("waves.ts").write_text("@data\n" + "".join(f"{line}:{'ab'[n % 2]}\n" for n, line in enumerate(lines)))
    written = {
        "data": {"series": {"path": "waves.ts"}, "scaling": "standard"},
        "model": [layer, {"dense": {"units": "classes"}}],
        "loss": "cross_entropy",
        "optimizer": {"adam": {"lr": 0.05}},
        "metrics": ["accuracy"],
        "train": {"epochs": 30, "seed": 1},
    }
    Path("c.yaml").write_text(yaml.safe_dump(written))
    assert main(["train", "c.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["validation"]["accuracy"] > 0.9
    assert main(["predict", "runs/c", "waves.ts", "-o", "p.csv"]) == 0
    assert np.mean([row["prediction"] == "ab"[n % 2] for n, row in enumerate(rows("p.csv"))]) > 0.9
