"""`dltool init` on arrays: which axes are those of a picture, and a config that `check` takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
from dltool.data.readers.outline import Request
from dltool.data.sources.npz import Npz


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def values(shape: tuple[int, ...], kind: str) -> np.ndarray:
    drawn = np.random.default_rng(0).uniform(0, 1, (40, *shape))
    return {
        "unit": drawn.astype(np.float32),
        "float255": np.rint(drawn * 255).astype(np.float32),
        "int64": np.rint(drawn * 255).astype(np.int64),
        "bytes": np.rint(drawn * 255).astype(np.uint8),
        "normal": (drawn * 4 - 2).astype(np.float64),
    }[kind]


LAST, FIRST = (
    "read as height {}, width {}, {} channels",
    "read as {} channels, height {}, width {} (axes: channels_first)",
)
#: shape of a sample, its values; whether convolutions are proposed; what is said of the axes
CASES = [
    ((3, 16, 16), "unit", True, FIRST.format(3, 16, 16)),
    ((3, 16, 16), "normal", True, FIRST.format(3, 16, 16)),
    ((1, 14, 20), "bytes", True, FIRST.format(1, 14, 20)),
    ((3, 16, 24), "int64", True, FIRST.format(3, 16, 24)),
    ((16, 16, 3), "unit", True, LAST.format(16, 16, 3)),
    ((16, 16, 1), "normal", True, LAST.format(16, 16, 1)),
    ((16, 20, 3), "bytes", True, LAST.format(16, 20, 3)),
    ((16, 16), "unit", True, "read as height 16, width 16, as values from"),
    ((16, 16), "float255", True, "read as height 16, width 16, as values from 0 to 255 look like"),
    ((16, 16), "bytes", True, "read as height 16, width 16"),
    ((16, 16), "normal", False, "16 × 16 do not look like images: taken as independent numbers"),
    ((100, 6), "unit", False, "100 × 6 do not look like images: taken as independent numbers"),
    ((12, 12, 12), "normal", False, "12 × 12 × 12 do not look like images: taken as independent numbers"),
    ((9,), "unit", False, ""),
]


@pytest.mark.parametrize("form", ["npz", "npy"])
@pytest.mark.parametrize(
    ("shape", "kind", "image", "told"), CASES, ids=[f"{'x'.join(map(str, case[0]))}-{case[1]}" for case in CASES]
)
def test_axes(
    shape: tuple[int, ...], kind: str, image: bool, told: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = values(shape, kind), np.arange(40) % 2
    if form == "npz":
        np.savez("x.npz", x=x, y=y)
    else:
        np.save("x.npy", x)
        np.save("y.npy", y)
    assert main(["init", f"x.{form}", "-o", "c.yaml"]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("axes")]
    assert len(said) == bool(told)
    assert all(line.startswith(f"axes      {told}") for line in said)
    config = yaml.safe_load(Path("c.yaml").read_text())
    assert any("conv2d" in layer for layer in config["model"] if isinstance(layer, dict)) == image
    assert config["data"][form].get("axes") == ("channels_first" if "channels_first" in told else None)
    assert main(["check", "c.yaml", "--json"]) == 0
    assert not [
        one for one in json.loads(capsys.readouterr().out)["findings"] if "channels come first" in one["message"]
    ]


def test_channels_that_come_first_are_read_as_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    x = values((3, 16, 16), "bytes")
    np.savez("x.npz", x=x, y=x[:, 0, 0, 0] > 127)
    with Npz(path="x.npz", axes="channels_first").open([], Request()) as reader:
        assert reader.outline.feature_shape == (16, 16, 3)
        assert reader.outline.notes == ()
        np.testing.assert_array_equal(np.concatenate([*reader.read({})]), np.moveaxis(x, 1, -1))  # type: ignore
    assert main(["init", "x.npz", "-o", "c.yaml"]) == 0
    assert main(["train", "c.yaml", "--run-dir", "run", "--quiet", "--set", "train.epochs=1"]) == 0
    capsys.readouterr()
    assert main(["predict", "run", "x.npz"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 41


def test_a_config_by_hand_is_warned_of_channels_that_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("x.npz", x=values((3, 16, 16), "unit"), y=np.arange(40) % 2)
    config: dict[str, Any] = {
        "data": {"npz": "x.npz"},
        "model": ["flatten", {"dense": "classes"}],
        "loss": "cross_entropy",
    }
    Path("c.yaml").write_text(yaml.safe_dump(config))
    assert main(["check", "c.yaml"]) == 0
    told = "read as height 3, width 16, 16 channels; if their channels come first: axes: channels_first"
    assert told in " ".join(capsys.readouterr().out.split())


def test_axes_that_there_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("x.npz", x=values((9,), "unit"), y=np.arange(40) % 2)
    data = {"npz": {"path": "x.npz", "axes": "channels_first"}}
    Path("c.yaml").write_text(
        yaml.safe_dump({"data": data, "model": ["flatten", {"dense": "classes"}], "loss": "cross_entropy"})
    )
    assert main(["check", "c.yaml"]) == 2
    assert capsys.readouterr().err == (
        "error: x.npz: x: data.npz.axes: samples of shape [9] have no channels that could come first\n"
    )


def nothing_known(x: np.ndarray, y: np.ndarray) -> None:
    x[3, 1, 1] = np.nan


def one_class(x: np.ndarray, y: np.ndarray) -> None:
    y[:] = 1


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (nothing_known, "x.npz: x: the value at [3, 1, 1] is nan; numbers must be finite and fit float32"),
        (one_class, "x.npz: all rows have the class '1'; there is nothing to predict"),
    ],
)
def test_what_check_would_refuse_init_refuses(change: Any, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = values((16, 16), "unit"), np.arange(40) % 2
    change(x, y)
    np.savez("x.npz", x=x, y=y)
    assert main(["init", "x.npz", "-o", "c.yaml"]) == 2
    assert capsys.readouterr().err == f"error: {line}\n"
    assert not Path("c.yaml").exists()


@pytest.mark.parametrize(
    ("shape", "classes", "line"),
    [
        ((16, 16), 3, "x.npz: y_test[2]: '2' is not a class of the training data; allowed: 0, 1"),
        (
            (16, 12),
            2,
            "x.npz: samples of the test part are 16 × 12 numbers, but the training samples are 16 × 16 numbers",
        ),
    ],
)
def test_a_test_part_of_another_kind_is_refused(
    shape: tuple[int, ...], classes: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = values((16, 16), "unit"), np.arange(40)
    np.savez("x.npz", x_train=x, y_train=y % 2, x_test=values(shape, "unit"), y_test=y % classes)
    assert main(["init", "x.npz", "-o", "c.yaml"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {line}")


@pytest.mark.parametrize(
    ("train", "test", "length", "layer"),
    [
        ((6, 8), (5, 11), 11, "gru"),
        ((8, 8), (5, 8), 9, "gru"),
        ((6, 8), (5, 8), None, "gru"),
        ((8, 8), (8, 8), None, "flatten"),
    ],
)
def test_series_of_unequal_length(
    train: tuple[int, int], test: tuple[int, int], length: int | None, layer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("waves").mkdir()
    for part, lengths in (("TRAIN", train), ("TEST", test)):
        lines = [f"{','.join(str(n * row % 5) for n in range(lengths[row % 2]))}:{'ab'[row % 2]}" for row in range(40)]
        Path(f"waves/w_{part}.ts").write_text("@data\n" + "\n".join(lines))
    assert main(["init", "waves", "-o", "c.yaml"]) == 0
    written = yaml.safe_load(Path("c.yaml").read_text())
    assert written["data"]["series"].get("length") == length
    assert layer in written["model"][0]
    assert main(["train", "c.yaml", "--quiet", "--set", "train.epochs=1"]) == 0
