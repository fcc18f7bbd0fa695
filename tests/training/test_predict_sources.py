"""`dltool predict` and `eval` on every source but tables: what is written beside predictions, and where targets are."""

from __future__ import annotations

import csv
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(data: dict[str, Any]) -> None:
    """A small classifier, in the directory "run"."""
    config = {"data": data, "model": ["flatten", {"dense": "classes"}], "loss": "cross_entropy"}
    Path("config.yaml").write_text(yaml.safe_dump({**config, "train": {"epochs": 2}}))
    assert main(["train", "config.yaml", "--run-dir", "run", "--quiet"]) == 0


def predicted(capsys, *arguments: str) -> list[dict[str, str]]:
    capsys.readouterr()
    assert main(["predict", "run", *arguments]) == 0
    return list(csv.DictReader(capsys.readouterr().out.splitlines()))


def refused(capsys, *arguments: str) -> str:
    assert main(list(arguments)) == 2
    return capsys.readouterr().err


def features(rows: int, shape: tuple[int, ...] = (4,)) -> np.ndarray:
    return np.random.default_rng(rows).normal(size=(rows, *shape)).astype(np.float32)


def test_npz(home, capsys):
    x = features(60)
    np.savez("train.npz", x=x, y=(x[:, 0] > 0).astype(int))
    np.savez("new.npz", x=x[:5])
    train({"npz": "train.npz"})
    rows = predicted(capsys, "new.npz")
    assert predicted(capsys, "train.npz")[:5] == rows
    assert list(rows[0]) == ["prediction", "probability_0", "probability_1"]
    assert refused(capsys, "predict", "run", "new.npz", "--keep", "x") == (
        "error: new.npz: there is no column 'x' to keep\n"
    )
    assert refused(capsys, "eval", "run", "new.npz") == "error: new.npz: no array 'y'; allowed: x\n"


def test_npy(home, capsys):
    x = features(60)
    np.save("x.npy", x)
    np.save("y.npy", (x[:, 0] > 0).astype(int))
    np.save("new.npy", x[:5])
    train({"npy": {"path": "x.npy", "targets": "y.npy"}})
    assert predicted(capsys, "new.npy") == predicted(capsys, "x.npy")[:5]
    error = "error: new.npy: holds only features; a config must name the file of their targets\n"
    assert refused(capsys, "eval", "run", "new.npy") == error


def test_idx_labels_are_beside_their_images(home, capsys):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 3, 3), dtype=np.uint8)
    for name, low, high in (("train", 0, 50), ("t10k", 50, 60)):
        images, labels = pixels[low:high], (pixels[low:high, 0, 0] > 127).astype(np.uint8)
        Path(f"{name}-images-idx3-ubyte").write_bytes(
            struct.pack(">4B3I", 0, 0, 8, 3, *images.shape) + images.tobytes()
        )
        Path(f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, len(labels)) + labels.tobytes())
    train({"idx": {"images": "train-images-idx3-ubyte", "labels": "train-labels-idx1-ubyte"}})
    capsys.readouterr()
    assert main(["eval", "run", "t10k-images-idx3-ubyte", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    Path("t10k-labels-idx1-ubyte").unlink()
    rows = predicted(capsys, "t10k-images-idx3-ubyte")
    right = [int(row["prediction"]) == int(pixel > 127) for row, pixel in zip(rows, pixels[50:, 0, 0], strict=True)]
    assert found["metrics"]["accuracy"] == pytest.approx(np.mean(right))


def test_lines_of_text_can_be_kept(home, capsys, monkeypatch):
    Path("train.tsv").write_text("spam\tbuy now\nham\thello you\n" * 10)
    Path("new.tsv").write_text("buy it\n\nhello, there\n you\n")
    train({"text": "train.tsv"})
    rows = predicted(capsys, "new.tsv", "--keep", "text")
    assert [row["text"] for row in rows] == ["buy it", "hello, there", "you"]
    assert list(predicted(capsys, "new.tsv")[0]) == ["prediction", "probability_ham", "probability_spam"]
    monkeypatch.setattr("dltool.data.prediction.rows.ROWS", 2)
    for number, line in enumerate(["buy it", "hello, there", " you"]):
        Path("one.tsv").write_text(f"\n{line}\n")
        assert predicted(capsys, "one.tsv", "--keep", "text") == [rows[number]]
    (first, *_), everything = rows, predicted(capsys, "new.tsv", "--keep-all")
    assert list(everything[0]) == ["line", *first]
    assert [row["line"] for row in everything] == ["1", "3", "4"]
    assert [{name: row[name] for name in first} for row in everything] == rows


def test_series_can_be_told_by_their_line(home, capsys):
    lines = [f"{n},{n + 1}:{n},{3 * n}:{'ab'[n % 2]}" for n in range(8)]
    Path("train.ts").write_text("\n".join(["@classLabel true a b", "@data", *lines]))
    Path("new.ts").write_text("\n".join(["# no classes", "", "1,2:1,3", "", "2,3:2,6"]))
    train({"series": "train.ts"})
    found = predicted(capsys, "new.ts", "--keep", "line")
    assert [row.pop("line") for row in found] == ["3", "5"]
    assert found == predicted(capsys, "train.ts")[1:3]


def test_one_hot_targets_are_predicted_by_class(home, capsys):
    x = features(60)
    np.savez("train.npz", x=x, y=np.eye(3)[np.arange(60) % 3])
    train({"npz": {"path": "train.npz", "task": "classes"}})
    rows = predicted(capsys, "train.npz")
    assert list(rows[0]) == ["prediction", "probability_0", "probability_1", "probability_2"]
    assert main(["eval", "run", "train.npz", "--json"]) == 0
    accuracy = json.loads(capsys.readouterr().out)["metrics"]["accuracy"]
    assert accuracy == pytest.approx(np.mean([int(row["prediction"]) == n % 3 for n, row in enumerate(rows)]))


def test_images_are_named(home, capsys):
    image = pytest.importorskip("PIL.Image")
    for name, grey in (("dark", 30), ("light", 220)):
        Path("train", name).mkdir(parents=True)
        for number in range(8):
            pixels = np.full((4, 4), grey + number, np.uint8)
            image.fromarray(pixels).save(f"train/{name}/{number}.png")
    Path("new").mkdir()
    for number in range(3):
        image.fromarray(np.full((4, 4), 40, np.uint8)).save(f"new/{number}.png")
    train({"images": "train"})
    rows = predicted(capsys, "new")
    assert [row["file"] for row in rows] == ["new/0.png", "new/1.png", "new/2.png"]
    assert predicted(capsys, "new/1.png") == [rows[1]]
    assert refused(capsys, "eval", "run", "new").startswith("error: new/0.png: is not in a class folder")


def test_windows_name_their_row_group_and_time(home, capsys, monkeypatch):
    numbers = np.random.default_rng(0).normal(size=(30, 3)).round(3)
    rows = [f"2020-01-{1 + t:02},{shop},{numbers[t, i]}" for t in range(30) for i, shop in enumerate("abc")]

    def written(name: str, lines: list[str]) -> str:
        Path(name).write_text("\n".join(["date,shop,n", *lines]) + "\n")
        return name

    source = {"path": written("train.csv", rows), "target": "n", "length": 4, "group": "shop", "time": "date"}
    config = {"data": {"windows": source}, "model": ["flatten", {"dense": "targets"}], "loss": "mse"}
    Path("config.yaml").write_text(yaml.safe_dump({**config, "train": {"epochs": 1}}))
    assert main(["train", "config.yaml", "--run-dir", "run", "--quiet"]) == 0
    found = predicted(capsys, "train.csv", "--keep", "n")
    assert list(found[0]) == ["last_row", "shop", "date", "n", "prediction"]
    assert [row["last_row"] for row in found] == [str(number) for number in range(10, 91)]
    by_time = {(row["shop"], row["date"]): (row["n"], row["prediction"]) for row in found}
    monkeypatch.setattr("dltool.data.prediction.rows.ROWS", 7)
    others = np.random.default_rng(1).permutation(rows).tolist()
    for lines in (rows[::-1], others, [row for row in rows if ",b," in row], rows[40:]):
        again = predicted(capsys, written("new.csv", lines), "--keep", "n")
        assert len(again) >= 27
        assert sorted(int(row["last_row"]) for row in again) == [int(row["last_row"]) for row in again]
        for row in again:
            assert lines[int(row["last_row"]) - 1].split(",") == [row["date"], row["shop"], row["n"]]
            assert by_time[row["shop"], row["date"]] == (row["n"], row["prediction"])
    gaps = [row for row in rows if "-01-11" not in row]
    assert main(["predict", "run", written("new.csv", gaps), "-o", "out.csv"]) == 0
    assert capsys.readouterr().err.startswith("note: new.csv:32: 3 gaps in 'date', where 3 steps of 1 day are missing")
    error = "error: new.csv: no column 'm'; allowed: date, n, shop\n"
    assert refused(capsys, "predict", "run", "new.csv", "--keep", "m") == error
