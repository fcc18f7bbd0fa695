"""Every config as an ONNX file: from raw samples it gives what `dltool predict` gives for the same file.

The files are read here by other means than dltool's. The data sets are looked for in data/ and ../shared/data.
"""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from dltool.cli.main import main
from dltool.config.loading import resolved
from dltool.data.dataset.opening import open_dataset
from dltool.training.checkpoint import Checkpoint
from dltool.training.portions import portions_of
from dltool.training.prediction import Predictor
from dltool.training.saving import save
from tests.export.test_onnx_networks import ROOT
from tests.export.trained import of_config

PLACES = (ROOT, ROOT.parent / "shared")
#: samples that a file in ONNX gets at once
ROWS = 500
#: the raw samples of a file, by the names of the inputs
Raw = dict[str, Any]


def place_of(file: str) -> Path:
    """The folder in which a data set is; skips the test if it is nowhere."""
    place = next((place for place in PLACES if (place / file).exists()), None)
    if place is None:
        pytest.skip(f"no {file} in {' or '.join(map(str, PLACES))}")
    return place


def table(*, header: bool = True, skip: int = 0, date: str = "") -> Callable[[Path], Raw]:
    """A reader of the words of a CSV file by column; dates become seconds."""

    def read(path: Path) -> Raw:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
            lines = [line for line in list(csv.reader(file, skipinitialspace=True))[skip:] if line]
        width = len(str(len(lines[0]) - 1))
        names = lines.pop(0) if header else [f"column{place:0{width}d}" for place in range(len(lines[0]))]
        columns = dict(zip(names, map(list, zip(*lines, strict=True)), strict=True))
        if date:
            columns[date] = [
                str(np.datetime64(datetime.strptime(cell, "%m/%d/%y"), "s").astype(int)) for cell in columns[date]
            ]
        return columns

    return read


def texts(path: Path) -> Raw:
    return {"text": [line.split("\t", 1)[1] for line in path.read_text().splitlines()]}


def idx(path: Path) -> Raw:
    return {"": np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=16)}


def series(path: Path) -> Raw:
    lines = path.read_text().partition("@data\n")[2].split()
    return {"": np.array([line.split(":")[0].split(",") for line in lines], np.float32)}


def pictures(path: Path) -> Raw:
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        return {"": np.stack([np.asarray(Image.open(BytesIO(archive.read(name)))) for name in names])}


PLAIN = table(header=False)
SKLEARN = table(header=False, skip=1)
SEEDS = tuple(f"seeds/{path.stem}" for path in sorted((ROOT / "configs" / "seeds").glob("*.yaml")))
CONFIGS: dict[str, tuple[str, Callable[[Path], Raw]]] = {
    "adult": ("data/adult/adult-test.csv", PLAIN),
    "bike_sharing": ("data/bike-sharing/hour.csv", table(date="dteday")),
    "breast_cancer": ("data/sklearn/breast_cancer.csv", SKLEARN),
    "california_housing": ("data/california-housing/housing_ageron.csv", table()),
    **dict.fromkeys(("digits", "digits_transfer", *SEEDS), ("datasets/digits/digits.csv.gz", table())),
    "iris": ("data/iris/iris.csv", PLAIN),
    "wine": ("data/sklearn/wine_data.csv", SKLEARN),
    "sms_spam": ("data/sms-spam/SMSSpamCollection", texts),
    "sms_spam_gru": ("data/sms-spam/SMSSpamCollection", texts),
    "gunpoint_fcn": ("data/ucr/GunPoint/GunPoint_TEST.ts", series),
    "ucr_italypower": ("data/ucr/ItalyPowerDemand/ItalyPowerDemand_TEST.ts", series),
    **dict.fromkeys(("mnist_mlp", "mnist_lenet5", "mnist_cnn"), ("data/mnist/t10k-images-idx3-ubyte.gz", idx)),
    **dict.fromkeys(("fashion_mlp", "fashion_cnn"), ("data/fashion-mnist/t10k-images-idx3-ubyte.gz", idx)),
    **{path.stem: ("data/cifar10/cifar10_png_test.zip", pictures) for path in (ROOT / "configs").glob("cifar10*.yaml")},
}
#: `dltool predict` has no prediction for a single sample of these: the first day of the held-out part
FORECASTS = {
    "airline": ("data/timeseries/airline-passengers.csv", "1957-01"),
    "ett_forecast": ("data/ett/ETTh1.csv", "2017-06-26"),
}
LANGUAGE = dict.fromkeys(("char_gpt", "char_lstm"), "data/tinyshakespeare/input.txt")


def fed(session: onnxruntime.InferenceSession, raw: Raw) -> dict[str, np.ndarray]:
    """The inputs of a session from raw samples: numbers, words, or the only array in the shape of its samples."""
    types: dict[str, Any] = {"tensor(double)": np.float64, "tensor(float)": np.float32, "tensor(uint8)": np.uint8}
    given = {}
    for each in session.get_inputs():
        if each.type == "tensor(string)":
            given[each.name] = np.array(raw[each.name], object)
        elif each.name in raw:
            given[each.name] = np.array([cell or "nan" for cell in raw[each.name]], np.float64)
        else:
            given[each.name] = raw[""].reshape(-1, *each.shape[1:]).astype(types[each.type])
    return given


def checkpoint_of(name: str, place: Path, path: Path) -> None:
    """A checkpoint with parameters as a training could leave them; nothing is trained."""
    trained = of_config(ROOT / "configs" / f"{name}.yaml", [place])
    preprocessing = trained.preprocessing.as_json()
    save(Checkpoint(resolved(trained.experiment), [str(place)], preprocessing, None, "", trained.arrays, {}), path)


def test_the_table_has_every_config():
    names = {*CONFIGS, *FORECASTS, *LANGUAGE}.difference(SEEDS)
    assert {path.stem for path in (ROOT / "configs").glob("*.yaml")} == names


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in ("digits", "iris", "wine") else pytest.mark.slow) for name in CONFIGS],
)
def test_raw_samples_get_the_predictions_of_dltool(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file, read = CONFIGS[name]
    place = place_of(file)
    monkeypatch.chdir(tmp_path)
    checkpoint_of(name, place, Path("net.safetensors"))
    assert main(["export", "net.safetensors", "-o", "net.onnx"]) == 0
    assert main(["predict", "net.safetensors", str(place / file), "-o", "predicted.csv"]) == 0
    session = onnxruntime.InferenceSession("net.onnx")
    names = [each.name for each in session.get_outputs()]
    given = fed(session, read(place / file))
    rows = len(next(iter(given.values())))
    parts = [
        session.run(names, {key: array[low : low + ROWS] for key, array in given.items()})
        for low in range(0, rows, ROWS)
    ]
    outputs = {name: np.concatenate(part) for name, part in zip(names, zip(*parts, strict=True), strict=True)}
    agree_with_rows(outputs, Path("predicted.csv"), session.get_modelmeta().custom_metadata_map)


def agree_with_rows(outputs: dict[str, np.ndarray], predicted: Path, metadata: dict[str, str]) -> None:
    """Numbers and probabilities agree with a file of predictions to 1e-5, and so do the classes that win clearly."""
    with predicted.open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = outputs["prediction"]
    assert len(rows) == len(found)
    if "probabilities" not in outputs:
        numbers = np.array([float(row["prediction"]) for row in rows])
        np.testing.assert_allclose(found.ravel(), numbers, rtol=1e-5, atol=1e-5 * np.abs(numbers).max())
        return
    chances = np.array(
        [[float(row[f"probability_{name}"]) for name in json.loads(metadata["classes"])] for row in rows]
    )
    np.testing.assert_allclose(outputs["probabilities"].reshape(chances.shape), chances, rtol=0, atol=1e-5)
    ordered = np.sort(chances, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 2e-5
    assert clear.mean() > 0.99
    assert np.array_equal(np.array(found, str)[clear], np.array([row["prediction"] for row in rows])[clear])


def held_out(name: str, place: Path) -> tuple[Any, Predictor]:
    """The prepared samples of the held-out part, and what predicts them without ONNX."""
    trained = of_config(ROOT / "configs" / f"{name}.yaml", [place])
    preprocessing, experiment = trained.preprocessing.as_json(), trained.experiment
    parts = open_dataset(experiment.data, [place], preprocessing).parts
    saved = Checkpoint(resolved(experiment), [str(place)], preprocessing, None, "", trained.arrays, {})
    save(saved, Path("net.safetensors"))
    assert main(["export", "net.safetensors", "-o", "net.onnx"]) == 0
    return parts.get("validation") or parts["test"], Predictor(saved, Path("net.safetensors"))


@pytest.mark.parametrize("name", FORECASTS)
def test_raw_windows_get_the_forecasts_of_dltool(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file, since = FORECASTS[name]
    place = place_of(file)
    monkeypatch.chdir(tmp_path)
    part, predictor = held_out(name, place)
    session = onnxruntime.InferenceSession("net.onnx")
    times, *columns = zip(*list(csv.reader((place / file).read_text().splitlines()))[1:], strict=True)
    length = session.get_inputs()[0].shape[1]
    first = next(row for row, time in enumerate(times) if time.startswith(since)) - length
    numbers = np.array(columns, np.float64).T
    windows = np.stack([numbers[first + window :][:length] for window in range(len(part))])
    (found,) = session.run(["prediction"], {"window": windows})
    expected = predictor.predictions(predictor.run(part).outputs, part.targets)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.slow
@pytest.mark.parametrize("name", LANGUAGE)
def test_a_text_is_as_probable_as_dltool_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    place = place_of(LANGUAGE[name])
    monkeypatch.chdir(tmp_path)
    part, predictor = held_out(name, place)
    session = onnxruntime.InferenceSession("net.onnx")
    tokens = json.loads(session.get_modelmeta().custom_metadata_map["vocabulary"])["tokens"]
    text = (place / LANGUAGE[name]).read_text()
    codes = np.array([1 + tokens.index(letter) for letter in text[-round(len(text) * 0.1) :]], np.int32)
    block = session.get_inputs()[0].shape[1]
    stride = predictor.experiment.data.source.stride or block
    blocks = np.full((len(part), block + 1), -1, np.int32)
    for row, low in enumerate(range(0, len(codes) - 1, stride)):
        blocks[row, : len(codes) - low] = codes[low:][: block + 1]
    names = [each.name for each in session.get_outputs()]
    for portion in portions_of(part, in_streams=predictor.network.in_streams, most=10**9):
        sizes = [len(portion.rows)] if portion.batches is None else portion.batches
        memories = {each.name: np.zeros((sizes[0], each.shape[1]), np.float32) for each in session.get_inputs()[1:]}
        losses = []
        for rows in np.split(portion.rows, np.cumsum(sizes)[:-1]):
            given = {
                "tokens": np.maximum(blocks[rows, :-1], 0),
                **{key: one[: len(rows)] for key, one in memories.items()},
            }
            outputs = dict(zip(names, session.run(names, given), strict=True))
            memories = {memory: outputs[f"{memory}.next"] for memory in memories}
            following = blocks[rows, 1:]
            chosen = np.take_along_axis(outputs["probabilities"], np.maximum(following, 0)[..., None], axis=-1)[..., 0]
            losses.append(-np.log(chosen, where=following >= 0, out=np.zeros(chosen.shape)).sum(axis=1))
        expected = predictor.run_portion(portion).outputs[:, 0]
        np.testing.assert_allclose(np.concatenate(losses), expected, rtol=1e-5)
