"""`dltool predict` as a user meets it: columns, formats, kept columns, and what it refuses."""

from __future__ import annotations

import csv
import io
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.training.prediction_file import FORMATS

from .tables import FEATURES, KINDS, samples, table


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def predicted(capsys, *arguments: str) -> list[dict[str, str]]:
    """What `dltool predict` writes to a pipe."""
    capsys.readouterr()
    assert main(["predict", *arguments]) == 0
    return read(capsys.readouterr().out)


@pytest.mark.parametrize("kind", KINDS)
def test_columns(workplace, capsys, kind):
    columns = KINDS[kind].columns
    rows = predicted(capsys, f"runs/{kind}", "new.csv")
    assert list(rows[0]) == columns
    assert len(rows) == 50
    chances = [name for name in columns if name.startswith("probability_")]
    for row in rows:
        numbers = [float(row[name]) for name in chances]
        if kind in ("classes", "two classes"):
            assert sum(numbers) == pytest.approx(1, abs=1e-6)
            assert row["prediction"] == chances[int(np.argmax(numbers))].removeprefix("probability_")
        elif kind == "multilabel":
            assert [row[name] for name in columns[:2]] == [str(int(number > 0.5)) for number in numbers]


OFFSETS = {"seconds": (1.7e9, 4.0), "cents": (123_456_789, 3.0), "kelvin": (1e6, 0.05), "unit": (0.0, 1.0)}


@pytest.mark.parametrize("name", OFFSETS)
@pytest.mark.parametrize("source", ["table", "npz"])
def test_numbers_are_written_with_all_digits_that_eval_measures(tmp_path, monkeypatch, capsys, source, name):
    monkeypatch.chdir(tmp_path)
    middle, size = OFFSETS[name]
    x = np.random.default_rng(0).normal(size=(200, 2))
    y = middle + size * (x[:, 0] - x[:, 1])
    table("data.csv", {"a": x[:, 0], "b": x[:, 1], "y": [repr(float(one)) for one in y]})
    np.savez("data.npz", x=x, y=y)
    config = {
        "data": {"table": {"path": "data.csv", "target": "y"}} if source == "table" else {"npz": "data.npz"},
        "model": [{"dense": "targets"}],
        "loss": "mse",
        "optimizer": {"adam": {"lr": 0.05}},
    }
    config["data"] |= {"scaling": "standard", "target_scaling": "standard"}
    Path("config.yaml").write_text(yaml.safe_dump(config))
    assert main(["train", "config.yaml", "--run-dir", "run", "--quiet"]) == 0
    data = "data.csv" if source == "table" else "data.npz"
    capsys.readouterr()
    assert main(["eval", "run", data, "--json"]) == 0
    scored = yaml.safe_load(capsys.readouterr().out)["metrics"]["mae"]
    assert scored < 0.2 * size
    for suffix, form in FORMATS.items():
        assert main(["predict", "run", data, "-o", f"out{suffix}"]) == 0
        with duckdb.connect() as connection:
            found = connection.sql(f"SELECT prediction FROM read_{form}('out{suffix}')")
            assert found.types == ["DOUBLE"]
            written = np.array([row[0] for row in found.fetchall()])
        assert np.abs(written - y).mean() == pytest.approx(scored, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_what_eval_measures(workplace, capsys, kind):
    targets = KINDS[kind].targets
    rows = predicted(capsys, f"runs/{kind}", "known.csv")
    true = read(Path("known.csv").read_text())
    assert main(["eval", f"runs/{kind}", "known.csv", "--json"]) == 0
    found = yaml.safe_load(capsys.readouterr().out)
    assert (found["part"], found["data"], found["rows"]) == (None, ["known.csv"], 50)
    figures = found["metrics"]
    if targets[0] in ("kind", "win"):
        right = [row["prediction"] == one[targets[0]] for row, one in zip(rows, true, strict=True)]
        assert figures["accuracy"] == pytest.approx(np.mean(right))
        assert figures["accuracy"] > 0.6
    elif kind == "multilabel":
        right = [
            row[f"prediction_{name}"] == one[name] for row, one in zip(rows, true, strict=True) for name in targets
        ]
        assert figures["accuracy"] == pytest.approx(np.mean(right))
    else:
        column = KINDS[kind].columns[0]
        errors = [float(row[column]) - float(one["price"]) for row, one in zip(rows, true, strict=True)]
        assert found["per_target"][0]["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-3)
        assert found["per_target"][0]["rmse"] < 3000  # in units of the target


def test_kept_columns_come_first_and_as_they_were(workplace, capsys):
    rows = predicted(capsys, "runs/classes", "new.csv", "--keep", "id", "--keep", "a")
    given = read(Path("new.csv").read_text())
    assert list(rows[0])[:3] == ["id", "a", "prediction"]
    assert [row["id"] for row in rows] == [row["id"] for row in given]
    assert [float(row["a"]) for row in rows] == [float(row["a"]) for row in given]
    assert list(predicted(capsys, "runs/classes", "known.csv", "--keep-all")[0])[:-4] == list(samples(0, 1))


def test_texts_are_kept_whatever_is_in_them(workplace, capsys):
    texts = ['a "quoted" text', "commas, too", "two\nlines", "", "007", "1e5", "π"]
    data = samples(2, len(texts))
    table("texts.csv", {**{name: data[name] for name in FEATURES}, "note": texts})
    rows = predicted(capsys, "runs/classes", "texts.csv", "--keep", "note")
    assert [row["note"] for row in rows] == texts
    assert main(["predict", "runs/classes", "texts.csv", "--keep", "note", "-o", "out.jsonl"]) == 0
    notes = [one["note"] for one in map(yaml.safe_load, Path("out.jsonl").read_text().splitlines())]
    assert notes == [text or None for text in texts]


@pytest.mark.parametrize("kind", ["classes", "multilabel", "numbers"])
def test_formats_hold_the_same(workplace, capsys, kind):
    expected = predicted(capsys, f"runs/{kind}", "new.csv", "--keep", "id", "--keep", "b")
    for suffix in FORMATS:
        assert main(["predict", f"runs/{kind}", "new.csv", "--keep", "id", "--keep", "b", "-o", f"out{suffix}"]) == 0
        assert capsys.readouterr().out.startswith(f"50 rows → out{suffix}  (")
        with duckdb.connect() as connection:
            found = connection.sql(f"FROM read_{FORMATS[suffix]}('out{suffix}')")
            assert found.columns == list(expected[0])
            for row, other in zip(found.fetchall(), expected, strict=True):
                for value, text in zip(row, other.values(), strict=True):
                    assert str(value) == text or np.float32(value) == np.float32(text)
    assert not [path for path in workplace.iterdir() if path.name.startswith(".")]


def test_whole_numbers_stay_whole(workplace, capsys):
    table("numbered.csv", {**{name: samples(2, 3)[name] for name in FEATURES}, "n": [1, 2, 3], "x": [1.5, 2, ""]})
    for suffix, types in {".parquet": ["BIGINT", "DOUBLE"], ".jsonl": ["BIGINT", "DOUBLE"]}.items():
        assert main(["predict", "runs/number", "numbered.csv", "--keep", "n", "--keep", "x", "-o", f"out{suffix}"]) == 0
        with duckdb.connect() as connection:
            found = connection.sql(f"FROM 'out{suffix}'")
            assert found.types[:2] == types
            assert [row[:2] for row in found.fetchall()] == [(1, 1.5), (2, 2.0), (3, None)]


def test_a_row_alone_is_predicted_as_among_others(workplace, capsys):
    rows = predicted(capsys, "runs/classes", "new.csv")
    lines = Path("new.csv").read_text().splitlines()
    for place in (0, 1, 17, 49):
        Path("one.csv").write_text(f"{lines[0]}\n{lines[place + 1]}\n")
        assert predicted(capsys, "runs/classes", "one.csv") == [rows[place]]


def test_pieces_do_not_matter(workplace, capsys, monkeypatch):
    whole = predicted(capsys, "runs/classes", "new.csv", "--keep", "id")
    monkeypatch.setattr("dltool.data.prediction.rows.ROWS", 7)
    assert predicted(capsys, "runs/classes", "new.csv", "--keep", "id") == whole
    assert main(["predict", "runs/classes", "new.csv", "--keep", "id", "-o", "out.parquet"]) == 0
    with duckdb.connect() as connection:
        found = connection.sql("SELECT id, prediction FROM 'out.parquet'").fetchall()
    assert found == [(row["id"], row["prediction"]) for row in whole]


def test_several_files_follow_each_other(workplace, capsys):
    first, second = (predicted(capsys, "runs/number", name, "--keep", "id") for name in ("new.csv", "known.csv"))
    assert predicted(capsys, "runs/number", "new.csv", "known.csv", "--keep", "id") == first + second
    for name in ("part-1.csv", "part-2.csv"):
        Path(name).write_text(Path("new.csv").read_text())
    assert predicted(capsys, "runs/number", "part-*.csv", "--keep", "id") == 2 * first


def test_a_config_reads_other_formats_too(workplace, capsys):
    with duckdb.connect() as connection:
        connection.execute("COPY (FROM read_csv('new.csv', types={'id': 'VARCHAR'})) TO 'new.parquet'")
    rows = predicted(capsys, "runs/classes", "new.csv", "--keep", "id")
    assert predicted(capsys, "runs/classes", "new.parquet", "--keep", "id") == rows


def test_unknown_categories_are_counted(workplace, capsys):
    table("odd.csv", {**{name: samples(3, 4)[name] for name in FEATURES}, "colour": ["mauve", "red", "pink", "blue"]})
    assert main(["predict", "runs/classes", "odd.csv", "-o", "out.csv"]) == 0
    said = capsys.readouterr().err
    assert said == "note: column 'colour': 2 cells have values not seen in training, taken as unknown\n"


def test_classes_may_have_any_name(workplace, capsys):
    names = ["a", "A", 'the "third"', "one, two", "5.0"]
    x = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    np.savez("named.npz", x=x, y=np.array(names)[np.arange(50) % 5])
    config = {"data": {"npz": "named.npz"}, "model": [{"dense": "classes"}], "loss": "cross_entropy"}
    Path("named.yaml").write_text(yaml.safe_dump(config))
    assert main(["train", "named.yaml", "--run-dir", "named", "--quiet"]) == 0
    rows = predicted(capsys, "named", "named.npz")
    assert list(rows[0]) == ["prediction", *(f"probability_{name}" for name in sorted(names))]
    assert {row["prediction"] for row in rows} <= set(names)


def test_a_signal_leaves_nothing_behind(workplace, monkeypatch):
    def end(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    there = sorted(workplace.iterdir())
    monkeypatch.setattr("dltool.cli.commands.predict._Bar.update", end)
    with pytest.raises(SystemExit) as ended:
        main(["predict", "runs/classes", "new.csv", "-o", "out.csv"])
    assert ended.value.code == 128 + signal.SIGTERM
    assert sorted(workplace.iterdir()) == there


def test_a_bar_moves_on_a_terminal(workplace, capsys, monkeypatch):
    monkeypatch.setattr("dltool.data.prediction.rows.ROWS", 25)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["predict", "runs/classes", "new.csv", "-o", "out.csv"]) == 0
    states = capsys.readouterr().err.split("\r\x1b[2K")
    assert states[1] == "reading …"
    assert [state.partition(" · ")[0] for state in states[2:4]] == [f"{12 * '━'}{12 * '╌'} 25/50", f"{24 * '━'} 50/50"]
    assert states[-1] == ""


def test_a_terminal_shows_the_first_rows(workplace, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(["predict", "runs/classes", "new.csv", "--keep", "id"]) == 0
    out = capsys.readouterr().out
    assert "probability_good one" in out
    assert "0009" in out
    assert "0010" not in out
    assert out.splitlines()[-1] == "40 more rows; to write everything to a file: -o predictions.csv"


def test_a_terminal_shows_what_numbers_do_not_have_in_common(workplace, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(
        "dltool.training.prediction.Predictor.predictions",
        lambda self, outputs, targets: 1.7e9 + np.arange(len(outputs))[:, None],
    )
    assert main(["predict", "runs/number", "new.csv"]) == 0
    assert "1700000003" in capsys.readouterr().out


BAD = {
    "no such file": (["nwe.csv"], "no file 'nwe.csv'; did you mean 'new.csv'?"),
    "no such column": (["less.csv"], "less.csv: no column 'colour'; did you mean 'color'?"),
    "nothing to keep": (["new.csv", "--keep", "ID"], "new.csv: no column 'ID'; did you mean 'id'?"),
    "name taken": (
        ["taken.csv", "--keep-all"],
        "taken.csv: column 'prediction' has the same name as a prediction; rename it in the file, or keep others: ",
    ),
    "files that differ": (
        ["new.csv", "taken.csv", "--keep-all"],
        "taken.csv: column 'prediction' has the same name as a prediction; rename it in the file, or keep others: ",
    ),
    "columns that differ": (
        ["new.csv", "more.csv", "--keep-all"],
        "more.csv: column 'more' is not in all files; keep columns by name: --keep NAME",
    ),
    "text for a number": (["word.csv"], "word.csv:3: column 'b' holds 'many', where a number is expected"),
    "format": (
        ["new.csv", "-o", "out.txt"],
        "out.txt: unknown format; the name must end in .csv, .jsonl, .ndjson, .parquet, .pq",
    ),
    "folder": (["new.csv", "-o", "nowhere/out.csv"], "nowhere: there is no such folder; make it first"),
    "not a file": (["new.csv", "-o", "folder.csv"], "folder.csv: is a folder; name a file in it"),
    "its own input": (["new.csv", "-o", "./new.csv"], "new.csv: is an input; choose another output file"),
}


@pytest.mark.parametrize("name", BAD)
def test_refused_with_one_line_and_nothing_left_behind(workplace, capsys, name):
    data = {column: samples(3, 3)[column] for column in FEATURES}
    table("less.csv", {column: values for column, values in data.items() if column != "colour"} | {"color": [1, 2, 3]})
    table("taken.csv", {**data, "prediction": [1, 2, 3]})
    table("more.csv", {**data, "more": [1, 2, 3]})
    table("word.csv", {**data, "b": [1, "many", 3]})
    Path("folder.csv").mkdir()
    Path("out.csv").write_text("what was there before")
    arguments, message = BAD[name]
    there = sorted(workplace.iterdir())
    out = [] if "-o" in arguments else ["-o", "out.csv"]
    assert main(["predict", "runs/classes", *arguments, *out]) == 2
    said = capsys.readouterr()
    assert said.err.startswith(f"error: {message}")
    assert (said.err.count("\n"), said.out) == (1, "")
    assert sorted(workplace.iterdir()) == there
    assert Path("out.csv").read_text() == "what was there before"


def test_an_empty_cell_where_training_had_none_is_told(workplace, capsys):
    table("gap.csv", {**samples(3, 3), "b": [1, "", 3]})
    line = "note: column 'b': 1 empty cell is filled in with a typical value; no row to train on had one\n"
    for command in (["predict", "runs/classes", "gap.csv", "-o", "out.csv"], ["eval", "runs/classes", "gap.csv"]):
        assert main(command) == 0
        assert line in "".join(capsys.readouterr())


def test_a_broken_file_is_named_and_a_pipe_gets_the_others(workplace, capsys):
    Path("broken.csv").write_text("id,a,b,colour\n1,2,3,red\n1,2\n")
    alone = predicted(capsys, "runs/classes", "new.csv")
    assert main(["predict", "runs/classes", "new.csv", "broken.csv", "qqqqqq.csv"]) == 2
    said = capsys.readouterr()
    assert read(said.out) == alone
    assert said.err.splitlines() == ["error: broken.csv:3: 2 fields, expected 4", "error: no file 'qqqqqq.csv'"]
    for good in ([], ["new.csv"]):
        assert main(["predict", "runs/classes", *good, "broken.csv", "qqqqqq.csv", "-o", "out.csv"]) == 2
        assert capsys.readouterr().err.splitlines() == said.err.splitlines()
        assert not Path("out.csv").exists()


def test_data_that_comes_from_no_file(workplace, capsys):
    config = {
        "data": {"synthetic": {"features": 3, "classes": 2}},
        "model": [{"dense": "classes"}],
        "loss": "cross_entropy",
    }
    Path("config2.yaml").write_text(yaml.safe_dump(config))
    assert main(["train", "config2.yaml", "--run-dir", "made", "--quiet", "--set", "train.epochs=1"]) == 0
    assert main(["predict", "made", "new.csv"]) == 2
    error = "error: the network was trained on 'synthetic' data, which is not read from files\n"
    assert capsys.readouterr().err == error


def test_a_full_disk_leaves_what_was_there(workplace, capsys, monkeypatch):
    data = samples(3, 3000)
    table("many.csv", {column: data[column] for column in FEATURES})
    Path("out.csv").write_text("before")
    there = sorted(workplace.iterdir())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        code = main(["predict", "runs/classes", "many.csv", "-o", "out.csv"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    said = capsys.readouterr().err
    assert code == 1
    assert said.startswith("error: out.csv: the predictions cannot be written: ")
    assert said.count("\n") == 1
    assert sorted(workplace.iterdir()) == there
    assert Path("out.csv").read_text() == "before"


def test_a_reader_that_has_had_enough_is_no_error(workplace):
    data = samples(3, 20_000)
    table("many.csv", {column: data[column] for column in FEATURES})
    command = f"{sys.executable} -m dltool predict runs/classes many.csv | head -n 1"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment, check=True)
    assert (ended.stdout, ended.stderr) == ("prediction,probability_bad,probability_fair,probability_good one\n", "")
