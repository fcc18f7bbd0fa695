"""`dltool init` on data of every kind: what it writes is a config that trains at once, and does better than chance."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.config.loading import load
from tests.proposal.samples import KINDS, columns, days, plain_table, table


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("make", KINDS)
def test_init_check_train(make: Callable[[], list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", *make(), "-o", "c.yaml"]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[-4:] == [
        "wrote c.yaml; next:",
        "  dltool check c.yaml",
        "  dltool train c.yaml",
        "  dltool predict runs/c DATA",
    ]
    experiment = load("c.yaml")
    assert main(["check", "c.yaml", "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert set(checked["rows"]) == {"train", "validation", "test"}
    assert main(["train", "c.yaml", "--json", "--set", "train.epochs=40", "--set", "train.log_every=1000"]) == 0
    figures = json.loads(capsys.readouterr().out)["test"]
    if "accuracy" in figures:
        assert figures["accuracy"] >= 0.55
    else:
        assert figures["r2"] > 0.1
    assert next(metric.yaml_name for metric in experiment.metrics) in figures


def test_the_text_is_the_config_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    cells = columns(2000)
    cells = {
        "row": range(2000),
        "always": ["x"] * 2000,
        **cells,
        "twice": 2 * cells["size"],
        "price": cells["size"] + 7,
    }
    cells["colour"][:100] = ""
    assert main(["init", table("shop.csv", cells), "--target", "price"]) == 0
    said = capsys.readouterr().out.splitlines()
    price = sorted(set(cells["price"]))
    assert said[:8] == [
        "data      2,000 rows, 7 columns",
        "target    'price'",
        f"task      numbers: {len(price):,} different numbers from {price[0]:.6g} to {price[-1]:.6g}",
        "features  2 category",
        "left out  'row': numbers the rows",
        "left out  'always': the same in all rows",
        "left out  'size': leak: is almost the target itself: correlation 1.000000",
        "left out  'twice': leak: is almost the target itself: correlation 1.000000",
    ]
    text = Path("shop.yaml").read_text()
    assert text.splitlines()[:8] == [
        "# Predicts 'price' (numbers) from 2 columns of shop.csv.",
        "#",
        "# Written by: dltool init shop.csv --target price",
        "#",
        "#   dltool check shop.yaml",
        "#   dltool train shop.yaml",
        "#   dltool predict runs/shop DATA",
        "",
    ]
    for line in (
        "    exclude:",
        "      - row                             # numbers the rows",
        "      - always                          # the same in all rows",
        "    colour: category                    # 3 categories, 5.0 % missing",
        "    kind: category                      # 2 categories",
        "  split: {validation: 0.15, test: 0.15}  # drawn at random",
        "schedule: {cosine: {warmup_epochs: 2}}  # a short warmup, then slowly down to 0",
    ):
        assert line in text.splitlines()
    assert yaml.safe_load(text)["data"]["table"]["exclude"] == ["row", "always", "size", "twice"]


def test_a_file_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    data = plain_table()
    Path("plain.yaml").write_text("mine")
    assert main(["init", *data]) == 2
    assert capsys.readouterr().err == (
        "error: plain.yaml: already exists; choose another file with -o FILE, or overwrite it with --force\n"
    )
    assert Path("plain.yaml").read_text() == "mine"
    assert main(["init", *data, "--force"]) == 0
    assert load("plain.yaml").name == "plain"


def _write_both_ways() -> None:
    table("two.csv", {**columns(), "label": range(120), "class": columns()["kind"]})


def _write(path: str, **cells: object) -> Callable[[], None]:
    def write() -> None:
        table(path, cells)

    return write


def _nothing() -> None:
    pass


def _plain() -> None:
    plain_table()


def _odd_folder() -> None:
    Path("odd").mkdir()
    Path("odd/notes.md").write_text("nothing")


def _two_tables() -> None:
    Path("two").mkdir()
    for name in ("two/east.csv", "two/west.csv"):
        table(name, columns())


def _nameless_arrays() -> None:
    np.savez("arrays.npz", first=np.zeros((3, 2)), second=np.zeros(3))
    np.save("lonely.npy", np.zeros((3, 2)))


REFUSED: list[tuple[Callable[[], None], list[str], str]] = [
    (_plain, ["plian.csv"], "no file 'plian.csv'; did you mean 'plain.csv'?"),
    (_plain, ["pla*.tsv"], "no file matches 'pla*.tsv'"),
    (_plain, ["plain.csv", "--target", "kinds"], "plain.csv: no column 'kinds'; did you mean 'kind'?"),
    (
        _plain,
        ["plain.csv", "--task", "numbers"],
        "plain.csv: column 'kind' holds text, which cannot be predicted as numbers",
    ),
    (
        _plain,
        ["plain.csv", "--target", "size", "--task", "multilabel"],
        "plain.csv: column 'size' does not hold labels, which are 0 or 1",
    ),
    (
        _plain,
        ["plain.csv", "--target", "size", "--target", "colour", "--task", "classes"],
        "plain.csv: classes can be predicted for one column; give only one --target",
    ),
    (_plain, ["plain.csv", "-o", "no/c.yaml"], "no: there is no such folder; make it first"),
    (
        _write_both_ways,
        ["two.csv"],
        "two.csv: 'label' and 'class' may each be the target; choose: --target label",
    ),
    (
        _write("dates.csv", person=[f"n{row}" for row in range(120)], size=columns()["size"], day=days()),
        ["dates.csv"],
        "dates.csv: no column is clearly the target ('day' holds dates, 'person' has 120 different texts); choose one:"
        " --target COLUMN, of person, size, day",
    ),
    (
        _write("single.csv", size=columns()["size"]),
        ["single.csv"],
        "single.csv: there is only one column, 'size'; features and a target are needed",
    ),
    (
        _write("constant.csv", size=columns()["size"], kind=["a"] * 120),
        ["constant.csv", "--target", "kind"],
        "constant.csv: column 'kind' cannot be predicted: has only one value",
    ),
    (
        _write("rows.csv", row=range(120), kind=columns()["kind"]),
        ["rows.csv"],
        "rows.csv: no column is left to predict 'kind' from ('row': numbers the rows)",
    ),
    (
        _odd_folder,
        ["odd"],
        "odd: no known data in this folder: it holds notes.md; name a file",
    ),
    (
        _two_tables,
        ["two"],
        "two: which of these is to train on? east.csv, west.csv; name it, and the other with --test",
    ),
    (
        _nameless_arrays,
        ["arrays.npz"],
        "arrays.npz: which of its arrays (first, second) are features and targets is not clear from their names; write"
        " the config by hand: data: {npz: {path: …, features: …, targets: …}}",
    ),
    (
        _nameless_arrays,
        ["lonely.npy"],
        "lonely.npy: no file of targets with a matching name in the same folder, such as x.npy and y.npy; otherwise"
        " write the config by hand: data: {npy: {path: …, targets: …}}",
    ),
    (
        lambda: (_plain(), _nameless_arrays()),  # type: ignore[arg-type, return-value]
        ["plain.csv", "--test", "lonely.npy"],
        "lonely.npy: holds an array (.npy), but 'plain.csv' a table",
    ),
    (_nothing, ["."], ".: no known data in this folder: it is empty; name a file"),
]


@pytest.mark.parametrize(("write", "arguments", "message"), REFUSED, ids=[" ".join(case[1]) for case in REFUSED])
def test_what_is_refused(
    write: Callable[[], None], arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write()
    assert main(["init", *arguments]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"error: {message}\n")
    assert not list(Path().glob("*.yaml"))
