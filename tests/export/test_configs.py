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
from dltool.export.onnx.file import build
from dltool.training.checkpoint import Checkpoint
from dltool.training.saving import save
from tests.export.test_onnx_networks import ROOT, agree
from tests.export.trained import of_config

PLACES = (ROOT, ROOT.parent / "shared")
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
CONFIGS: dict[str, tuple[str, Callable[[Path], Raw]]] = {
    "adult": ("data/adult/adult-test.csv", PLAIN),
    "bike_sharing": ("data/bike-sharing/hour.csv", table(date="dteday")),
    "breast_cancer": ("data/sklearn/breast_cancer.csv", SKLEARN),
    "california_housing": ("data/california-housing/housing_ageron.csv", table()),
    "digits": ("datasets/digits/digits.csv.gz", table()),
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
#: `dltool predict` has no prediction for a single sample of these
OTHERS = {
    "airline": "data/timeseries/airline-passengers.csv",
    "ett_forecast": "data/ett/ETTh1.csv",
    "char_gpt": "data/tinyshakespeare/input.txt",
    "char_lstm": "data/tinyshakespeare/input.txt",
    "digits_transfer": "datasets/digits/digits.csv.gz",
}


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
    assert {path.stem for path in (ROOT / "configs").glob("*.yaml")} == {*CONFIGS, *OTHERS}


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
    outputs = dict(zip(names, session.run(names, fed(session, read(place / file))), strict=True))
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


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_other_networks_give_the_outputs_of_dltool(name: str):
    trained = of_config(ROOT / "configs" / f"{name}.yaml", [place_of(OTHERS[name])])
    agree(trained, build(trained, name, preprocessing=True))
