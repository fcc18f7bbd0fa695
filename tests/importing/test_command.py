"""`dltool import` as a user meets it: what it writes, what it prints, and what it refuses in one line each."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file, save_file

from dltool.cli.main import main
from dltool.training.saving import find
from tests.importing.frameworks import GOLDEN, outputs_of, recorded
from tests.importing.test_networks import torch_config

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def golden(name: str) -> str:
    return str(GOLDEN / name)


def refused(arguments: list[str], capsys: Output) -> list[str]:
    """The lines of a command that fails and leaves nothing behind."""
    before = sorted(Path().iterdir())
    assert main(["import", *arguments]) == 2
    assert sorted(Path().iterdir()) == before
    return [line.removeprefix("error: ") for line in capsys.readouterr().err.splitlines()]


def test_a_model_of_keras_becomes_a_config_as_a_user_would_write_it(capsys: Output):
    assert main(["import", golden("keras_residual.keras"), "-o", "net"]) == 0
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "layers/sequential/layers/conv2d/vars/0 parallel_1.branch_1.conv2d_1.weight 1×1×6×4" in said
    assert said[-3] == "wrote net: 789 numbers in 19 tensors; next:"
    assert said[-2:] == ["dltool predict net DATA", "dltool train net/config.yaml # goes on from these weights"]
    assert sorted(path.name for path in Path("net").iterdir()) == ["config.yaml", "last.safetensors"]
    config = yaml.safe_load(Path("net/config.yaml").read_text())
    assert (config["name"], config["compat"], config["loss"]) == ("net", "keras", "mse")
    assert config["optimizer"] == {"adam": {"lr": 0.003}}
    shortcut = [{"batch_norm": {"gain": False}}, {"leaky_relu": 0.1}, {"depthwise_conv2d": {"padding": "same"}}]
    assert config["model"][:3] == [{"conv2d": {"filters": 6, "padding": "same"}}, {"residual": shortcut}, "elu"]
    assert config["init_from"] == {"checkpoint": "last.safetensors", "match": "positions"}


def test_an_empty_folder_may_stand_behind_a_link():
    Path("there").mkdir()
    Path("link").symlink_to("there")
    assert main(["import", golden("keras_residual.keras"), "-o", "link"]) == 0
    assert sorted(path.name for path in Path("there").iterdir()) == ["config.yaml", "last.safetensors"]


def test_an_imported_network_is_predicted_with_evaluated_and_exported(capsys: Output):
    data = recorded("keras_cnn")
    np.savez("data.npz", x=data["x"], y=data["y"])
    assert main(["import", golden("keras_cnn.keras"), "-o", "net"]) == 0
    assert main(["predict", "net", "data.npz", "-o", "out.csv"]) == 0
    assert main(["eval", "net", "data.npz"]) == 0
    assert main(["export", "net", "-o", "net.safetensors", "--layout", "keras"]) == 0
    assert main(["import", "net.safetensors", "-o", "again"]) == 0
    np.testing.assert_allclose(outputs_of("again", data["x"]), data["outputs"], atol=1e-5)


@pytest.mark.parametrize("layout", ["torch", "keras"])
def test_columns_whose_names_are_alike_are_told_apart(layout: str, capsys: Output):
    names = ["a b", "a_b", "🌸", "🌺", "a  b"]
    random = np.random.default_rng(0)
    words = [",".join([*random.choice(list("pqr"), len(names)), "uv"[n % 2]]) for n in range(60)]
    Path("data.csv").write_text("\n".join([",".join([*names, "y"]), *words]) + "\n")
    embedded = {name: {"category": {"encoding": "embedding"}} for name in names[::2]}
    data = {"table": {"path": "data.csv", "target": "y"}, "split": {"validation": 0}, "features": embedded}
    settings = {"loss": "cross_entropy", "optimizer": "adam", "train": {"epochs": 1}}
    Path("c.yaml").write_text(yaml.safe_dump({"data": data, "model": [{"dense": "classes"}], **settings}))
    assert main(["train", "c.yaml", "--run-dir", "run"]) == 0
    assert main(["export", "run", "-o", "net.safetensors", "--layout", layout]) == 0
    assert main(["import", "net.safetensors", "-o", "net"]) == 0
    for network in ("run", "net"):
        assert main(["predict", network, "data.csv", "-o", f"{network}.csv"]) == 0
    assert Path("run.csv").read_text() == Path("net.csv").read_text()


@pytest.mark.parametrize("layout", ["torch", "keras"])
def test_a_name_that_ends_as_if_it_had_come_twice(layout: str, capsys: Output):
    model = [{"dense": {"units": 8, "name": name}} for name in ("enc_again", "enc")]
    data = {"synthetic": {"features": 8, "classes": 2, "rows": 20}, "split": {"validation": 0}}
    settings = {"loss": "cross_entropy", "train": {"epochs": 1}}
    Path("c.yaml").write_text(yaml.safe_dump({"data": data, "model": [*model, {"dense": "classes"}], **settings}))
    assert main(["train", "c.yaml", "--run-dir", "run"]) == 0
    assert main(["export", "run", "-o", "net.safetensors", "--layout", layout]) == 0
    assert main(["import", "net.safetensors", "-o", "net"]) == 0
    trained, imported = (load_file(find(Path(folder))) for folder in ("run", "net"))
    for name in ("enc_again.weight", "enc.weight"):
        np.testing.assert_array_equal(imported[name], trained[name])


def test_weights_alone_fill_the_layers_of_a_config(capsys: Output):
    data = recorded("keras_recurrent")
    assert main(["import", golden("keras_recurrent.keras"), "-o", "net"]) == 0
    np.savez("data.npz", x=data["x"], y=data["y"])
    config = yaml.safe_load(Path("net/config.yaml").read_text())
    del config["init_from"], config["name"]
    Path("mine.yaml").write_text(yaml.safe_dump(config))
    assert main(["import", golden("keras_recurrent.weights.h5"), "-o", "filled", "--config", "mine.yaml"]) == 0
    np.testing.assert_allclose(outputs_of("filled", data["x"])[:, 1:], data["outputs"], atol=1e-5)
    assert yaml.safe_load(Path("filled/config.yaml").read_text())["name"] == "filled"


def test_a_rename_says_where_a_module_belongs(capsys: Output):
    """Two layers of one shape, whose modules are not in the order of their names."""
    generator = np.random.default_rng(0)
    tensors = {
        f"{module}.{name}": generator.normal(size=shape).astype(np.float32)
        for module in ("encoder", "decoder")
        for name, shape in (("weight", (4, 4)), ("bias", (4,)))
    }
    save_file(tensors, "net.safetensors")
    np.savez("data.npz", x=np.zeros((8, 4), np.float32), y=np.arange(8) % 4)
    layers = [{"dense": {"units": 4}}, "tanh", {"dense": {"units": 4}}]
    config = {"data": {"npz": "data.npz"}, "model": layers, "loss": "cross_entropy", "compat": "torch"}
    Path("c.yaml").write_text(yaml.safe_dump(config))
    assert main(["import", "net.safetensors", "-o", "by_order", "--config", "c.yaml"]) == 0
    assert "several modules, and were matched in the order" in capsys.readouterr().err
    rename = ["--rename", "encoder=dense_1", "--rename", "decoder=dense_2"]
    assert main(["import", "net.safetensors", "-o", "net", "--config", "c.yaml", *rename]) == 0
    assert "fit several" not in capsys.readouterr().err
    held = load_file("net/last.safetensors")
    np.testing.assert_array_equal(held["dense_1.weight"], tensors["encoder.weight"].T)


def test_data_of_the_user_takes_the_place_of_arrays(capsys: Output):
    lines = ["a,b,c,d,e,f,g,kind"]
    lines += [",".join([*map(str, row), str(i % 5)]) for i, row in enumerate(np.eye(7).repeat(10, axis=0))]
    Path("data.csv").write_text("\n".join(lines) + "\n")
    assert main(["import", golden("mxnet_mlp-symbol.json"), "-o", "net", "--data", "data.csv"]) == 0
    assert main(["train", "net/config.yaml", "--set", "train.epochs=1", "--quiet"]) == 0
    assert yaml.safe_load(Path("net/config.yaml").read_text())["data"]["scaling"] == "none"


@pytest.mark.parametrize(
    "name", ["keras_cnn.keras", "mxnet_mlp-0007.params", "torch_lstm.onnx", "torch_lstm.safetensors"]
)
def test_a_file_that_is_cut_short_is_refused_in_a_line(name: str, capsys: Output):
    Path(name).write_bytes((GOLDEN / name).read_bytes()[:300])
    if name.startswith("mxnet"):
        shutil.copy(GOLDEN / "mxnet_mlp-symbol.json", ".")
    (line,) = refused([name, "-o", "net"], capsys)
    assert line.startswith(f"{name}: ")
    assert "damaged" in line


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nothing.keras", "-o", "net"], "nothing.keras: there is no such file"),
        (
            ["model.pt", "-o", "net"],
            "model.pt: PyTorch's pickles run code when they are opened; save the tensors there",
        ),
        (["model.txt", "-o", "net"], "model.txt: endings that can be imported: .keras, -symbol.json, .params, .onnx,"),
        ([golden("keras_cnn.keras"), "-o", "full"], "full: the folder is not empty; choose another"),
        ([golden("keras_cnn.keras"), "-o", "a/b"], "a: there is no such folder; make it first"),
        (
            [golden("torch_lstm.safetensors"), "-o", "net"],
            "torch_lstm.safetensors: holds tensors, but not how they are",
        ),
        ([golden("mxnet_cnn-symbol.json"), "-o", "net"], "mxnet_cnn-symbol.json: does not say the shape of a sample"),
        (
            [golden("torch_lstm.onnx"), "-o", "net", "--shape", "5"],
            "torch_lstm.onnx: --shape 5 does not fit its input, which is of",
        ),
        (
            [golden("torch_lstm.onnx"), "-o", "net", "--shape", "9,6"],
            "--shape 9,6 does not fit its input, which is of the shape 9×5",
        ),
        ([golden("keras_cnn.keras"), "-o", "net", "--shape", "3,x"], "--shape: expected whole numbers above 0"),
        (
            [golden("torch_lstm.safetensors"), "-o", "net", "--shape", "x", "--task", "classes"],
            "torch_lstm.safetensors: the config of the network says this; leave out --task, --shape",
        ),
        (
            [golden("keras_cnn.keras"), "-o", "net", "--rename", "a=b"],
            "keras_cnn.keras: says where its tensors belong; leave out --rename",
        ),
        ([golden("keras_cnn.keras"), "-o", "net", "--config", "c"], "keras_cnn.keras: says what its network is; leave"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(arguments: list[str], line: str, capsys: Output):
    Path("model.pt").touch()
    Path("model.txt").touch()
    Path("full").mkdir()
    Path("full/file").touch()
    (said,) = refused(arguments, capsys)
    assert line in said


def test_each_tensor_without_counterpart_has_a_line(capsys: Output):
    options = torch_config("lstm", recorded("torch_lstm"))
    config = yaml.safe_load(Path("torch.yaml").read_text())
    config["model"][0]["lstm"]["units"] = 13
    Path("torch.yaml").write_text(yaml.safe_dump(config))
    lines = refused([golden("torch_lstm.safetensors"), "-o", "net", *options], capsys)
    assert len(lines) == 3 + 10
    assert lines[0].endswith("layer lstm_1.layer_1: no tensors of the file fit it; it needs weight 5×52, bias 52, "
                             "recurrent_bias 52, recurrent_weight 13×52")  # fmt: skip
    assert any(line.endswith("tensor head.bias: 3: no layer of the config takes it") for line in lines)


def test_each_layer_without_counterpart_has_a_line(capsys: Output):
    with zipfile.ZipFile(GOLDEN / "keras_cnn.keras") as archive:
        config, weights = archive.read("config.json").decode(), archive.read("model.weights.h5")
    for old, new in (
        ('"class_name": "Flatten"', '"class_name": "Folding"'),
        ('"activation": "gelu"', '"activation": "mish"'),
    ):
        assert old in config
        config = config.replace(old, new)
    with zipfile.ZipFile("odd.keras", "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("model.weights.h5", weights)
    lines = refused(["odd.keras", "-o", "net"], capsys)
    assert lines[1] == "odd.keras: Dense 'dense': the activation 'mish' has no counterpart"
    assert lines[0].startswith("odd.keras: Folding 'flatten': has no counterpart; ")


def test_a_symbol_names_operators_and_parameters_without_counterpart(capsys: Output):
    symbol = json.loads((GOLDEN / "mxnet_mlp-symbol.json").read_text())
    node = next(node for node in symbol["nodes"] if node["op"] == "Activation")
    node["op"] = "Correlation"
    Path("net-symbol.json").write_text(json.dumps(symbol))
    shutil.copy(GOLDEN / "mxnet_mlp-0007.params", "net-0007.params")
    (line,) = refused(["net-symbol.json", "-o", "net"], capsys)
    assert line.startswith("net-symbol.json: Correlation 'relu1': has no counterpart; ")


@pytest.mark.parametrize(
    ("library", "file", "extra"), [("h5py", "keras_cnn.keras", "import"), ("onnx", "torch_lstm.onnx", "onnx")]
)
def test_a_missing_library_is_named(
    library: str, file: str, extra: str, monkeypatch: pytest.MonkeyPatch, capsys: Output
):
    monkeypatch.setitem(sys.modules, library, None)
    (line,) = refused([golden(file), "-o", "net"], capsys)
    assert line.endswith(f"needs the library {library}: pip install 'dltool[{extra}]'")


def test_outputs_that_differ_are_not_kept(monkeypatch: pytest.MonkeyPatch, capsys: Output):
    monkeypatch.setattr("dltool.importing.trial.TOLERANCE", -1.0)
    assert main(["import", golden("torch_lstm.onnx"), "-o", "net"]) == 1
    assert "the import was not kept: its outputs differ by" in capsys.readouterr().err
    assert not Path("net").exists()
