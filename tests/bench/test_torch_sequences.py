"""The PyTorch side computes what dltool does for sequences, texts and language models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.errors import InputError

from .test_torch import losses_of_both

WHOLE = {"split": {"validation": 0.0}}
SERIES = {"synthetic": {"features": [9, 8], "classes": 3, "rows": 50}, **WHOLE}
TEXTS = {"synthetic": {"tokens": 11, "length": 9, "classes": 3, "rows": 50}, **WHOLE}
BLOCKS = {"synthetic": {"tokens": 11, "block": 9, "rows": 50}, **WHOLE}

OUTPUT = {"dense": {"units": "classes", "flatten": False}}
EMBEDDED = {"embedding": {"width": 8, "size": 11}}


def recurrent(kind, **fields):
    return [{kind: {"units": 6, **fields}}, OUTPUT]


def attention(**fields):
    return [{"embedding": 8}, "position_embedding", {"multi_head_attention": {"heads": 4, **fields}}, OUTPUT]


def transformer(**fields):
    return [{"embedding": 8}, "sinusoidal_positions", {"transformer_block": {"heads": 2, **fields}}, OUTPUT]


KINDS = ("lstm", "gru", "simple_rnn")
COMPAT = (None, "torch", "keras", "mxnet")
POST = {"norm_place": "after", "norm": "rms_norm", "gated": True, "activation": "silu", "hidden": 5, "bias": False}

# data, layers, framework that is imitated
NETWORKS: dict[str, tuple[Any, list[Any], str | None]] = {
    **{f"{kind}, compat {compat}": (SERIES, recurrent(kind), compat) for kind in KINDS for compat in COMPAT},
    **{
        f"{kind} in both directions": (SERIES, recurrent(kind, layers=2, bidirectional=True), "torch") for kind in KINDS
    },
    **{
        f"{kind} at all steps": (
            SERIES,
            [{kind: {"units": 6, "return_sequences": True, "bidirectional": True}}, "global_average_pool", OUTPUT],
            None,
        )
        for kind in KINDS
    },
    "relu": (SERIES, recurrent("simple_rnn", activation="relu"), None),
    **{f"attention, compat {compat}": (BLOCKS, attention(causal=True), compat) for compat in COMPAT},
    "attention to all steps": (BLOCKS, attention(), None),
    "grouped and rotary": (BLOCKS, attention(causal=True, groups=2, rotary=True, bias=False, width=4), None),
    **{f"transformer, compat {compat}": (BLOCKS, transformer(causal=True), compat) for compat in COMPAT},
    "swiglu, norms behind": (BLOCKS, transformer(causal=True, rotary=True, groups=1, **POST), None),
    "text, convolved": (
        TEXTS,
        [EMBEDDED, {"conv1d": {"filters": 6, "kernel": 5, "activation": "relu"}}, "glu", "global_max_pool", OUTPUT],
        "torch",
    ),
    "text, excited": (
        TEXTS,
        [EMBEDDED, {"conv1d": {"filters": 6, "kernel": 5}}, {"squeeze_excite": 2}, "global_max_pool", OUTPUT],
        None,
    ),
    "tied": (
        BLOCKS,
        [{"embedding": 8}, *recurrent("gru", return_sequences=True)[:1], {"dense": 8}, "tied_dense"],
        None,
    ),
    "softmax is left to the loss": (BLOCKS, [{"embedding": 8}, OUTPUT, "softmax"], None),
    "softmax twice": (BLOCKS, [{"embedding": 8}, OUTPUT, "softmax"], "torch"),
    "transposed": (
        SERIES,
        [
            "transpose",
            {"dense": {"units": 5, "activation": "tanh"}},
            "transpose",
            {"conv1d": 4},
            "transpose",
            "flatten",
            OUTPUT,
        ],
        None,
    ),
    "text, gated and normalized": (TEXTS, [EMBEDDED, {"glu": "silu"}, "rms_norm", *recurrent("lstm")], "torch"),
}


@pytest.mark.parametrize("tuned", [False, True], ids=["plain", "tuned"])
@pytest.mark.parametrize(("data", "layers", "compat"), NETWORKS.values(), ids=NETWORKS)
def test_losses_agree(tmp_path, data, layers, compat, tuned):
    changes = {"data": data, "model": layers, "optimizer": {"adamw": {"lr": 0.003, "weight_decay": 0.1}}}
    ours, theirs = losses_of_both(tmp_path, changes | ({"compat": compat} if compat else {}), tuned=tuned)
    assert ours[0] != pytest.approx(ours[-1], rel=1e-4)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


@pytest.mark.parametrize(
    "loss", ["cross_entropy", {"cross_entropy": {"label_smoothing": 0.1}}], ids=["plain", "smooth"]
)
def test_losses_agree_on_running_text_whose_last_block_is_shorter(tmp_path, loss):
    (tmp_path / "text.txt").write_text("a word, then another one; so on and so forth, until the end")
    data = {"text_stream": {"path": "text.txt", "block": 7}, **WHOLE}
    train = {"batch_size": 2, "accumulate": 2}
    ours, theirs = losses_of_both(
        tmp_path, {"data": data, "model": attention(causal=True), "loss": loss, "train": train}
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


def text_table(folder, texts):
    lines = [f"{text},{n % 3}" for n, text in enumerate(texts)]
    (folder / "texts.csv").write_text("\n".join(["text,class", *lines]))
    features = {"text": {"tokens": {"min_count": 1}}}
    return {"table": {"path": "texts.csv", "target": "class", "task": "classes"}, "features": features, **WHOLE}


def test_losses_agree_on_texts_of_equal_length(tmp_path):
    data = text_table(tmp_path, ["one two three", "two two four", "three one five", "four five six"] * 5)
    ours, theirs = losses_of_both(tmp_path, {"data": data, "model": [{"embedding": 4}, *recurrent("gru")]})
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [("stateful", True, "stateful layers"), ("recurrent_dropout", 0.2, "recurrent dropout")],
)
def test_recurrent_layers_that_pytorch_lacks_are_refused(tmp_path, field, value, what):
    (tmp_path / "text.txt").write_text("so on and so forth, " * 30)
    data = {"text_stream": {"path": "text.txt", "block": 7}, **WHOLE}
    model = [{"embedding": 8}, *recurrent("lstm", return_sequences=True, **{field: value})]
    with pytest.raises(InputError) as caught:
        losses_of_both(tmp_path, {"data": data, "model": model})
    message = f"the comparison has no PyTorch counterpart of {what}; leave out {field} to compare"
    assert str(caught.value) == f"lstm_1: {message}"


@pytest.mark.parametrize(
    ("texts", "layers", "line"),
    [
        (
            ["one two three", "two"],
            [{"embedding": 4}],
            "data.features: the comparison has no PyTorch counterpart of texts of unequal length",
        ),
        (
            ["one two", "two two"],
            [{"columns": "text"}, {"embedding": 4}],
            "columns_1: the comparison has no PyTorch counterpart of layer 'columns'",
        ),
    ],
)
def test_texts_without_a_counterpart_are_refused(tmp_path, texts, layers, line):
    data = text_table(tmp_path, texts * 6)
    with pytest.raises(InputError) as caught:
        losses_of_both(tmp_path, {"data": data, "model": [*layers, *recurrent("gru")]})
    assert str(caught.value) == line
