"""Inputs that do not fit are refused with a line that names their shapes."""

from __future__ import annotations

from typing import Any

import pytest

from dltool.ops.op import ShapeError

from .cases import Case, Input, fixed, labels, resident, rows, windows

MISFITS = [
    ("add", (rows(3), rows(4)), {}, "cannot broadcast [4], a value of the batch, to [3]"),
    ("multiply", (rows(2, 3), rows(3)), {}, "cannot broadcast [3], a value of the batch, to [2, 3]"),
    ("multiply", (rows(3), fixed(2, 3)), {}, "cannot broadcast [2, 3], a value outside the batch, to [3]"),
    (
        "add",
        (rows(2, 3, 4, 5), rows(1, 3, 1, 5)),
        {},
        "axes [0, 2] of [2, 3, 4, 5] do not follow one another; transpose first",
    ),
    ("sum", (rows(2, 3),), {"over": (2,)}, "no axes [2] in [2, 3]"),
    ("transpose", (rows(2, 3),), {"first": 0, "second": 0}, "cannot exchange axes 0 and 0 of [2, 3]"),
    ("batched_matmul", (rows(2, 3), rows(2, 3)), {}, "cannot multiply [2, 3] by [2, 3]: sums over 3 and 2"),
    ("batched_matmul", (rows(1, 2, 3), rows(3, 2)), {}, "cannot multiply [1, 2, 3] by [3, 2], matrix by matrix"),
    ("embedding", (rows(3), fixed(4, 2)), {}, "an embedding takes integers, got float32 [3]"),
    ("add_bias", (rows(2, 3), fixed(2)), {}, "bias [2] does not fit the channels of [2, 3]"),
    ("concat", (rows(2, 3), rows(4, 3)), {}, "cannot join [2, 3] and [4, 3] on the last axis"),
    ("concat", (rows(3), rows(3, 3)), {}, "cannot join [3] and [3, 3] on the last axis"),
    ("slice", (rows(5),), {"axis": 0, "start": 3, "size": 3}, "cannot take 3 from number 3 on along axis 0 of [5]"),
    ("reshape", (rows(2, 3),), {"shape": (4,)}, "cannot reshape [2, 3] to [4]: 6 elements do not fill 4"),
    ("softmax", (rows(),), {}, "softmax needs an axis of classes, got a single number per sample"),
    ("softmax_gradient", (rows(2), rows(3)), {}, "shapes differ: [2] and [3]"),
    (
        "cross_entropy",
        (rows(2, 3), labels(3)),
        {},
        "cross_entropy takes one number per class, got [2, 3]; flatten it first",
    ),
    (
        "cross_entropy",
        (rows(3), rows(3)),
        {},
        "cross_entropy takes one integer label per sample, got float32 [3]",
    ),
    ("cross_entropy", (rows(3), labels(3), fixed(2)), {}, "class_weights [2] does not fit the channels of [3]"),
    ("binary_cross_entropy", (rows(3), rows(2)), {}, "the loss compares [3] with targets [2]"),
    ("mse", (rows(2, 1), rows(2, 1)), {}, "the loss compares [2, 1] with targets [2, 1]"),
    ("mean_loss", (rows(1),), {}, "row_loss is one number per sample, got [1]"),
    ("layer_norm", (rows(3), fixed(3), fixed(4)), {}, "bias [4] does not fit the channels of [3]"),
    (
        "batch_norm_inference",
        (rows(3), *[fixed(3)] * 3, fixed(2)),
        {},
        "running_variance [2] does not fit the channels of [3]",
    ),
    ("adam", (fixed(3), fixed(3), fixed(2), fixed(3)), {}, "shapes differ: [3] and [2]"),
    ("matmul_data_gradient", (rows(3), fixed(2, 4)), {}, "cannot multiply [3] by the transposed [2, 4]"),
    ("scale_gradient", (fixed(3), fixed(1)), {}, "scale is one number, got [1]"),
    ("gather", (resident(3, dtype="uint8"), labels(7)), {}, "the data must be float32, got uint8 [3]"),
    ("gather_labels", (resident(dtype="int64"), rows()), {}, "rows are one integer per sample, got float32 []"),
    ("max_pool", (rows(4, 5, 3),), windows((4, 4), (2, 2), (2, 2)), "[4, 5, 3] is not 4 × 4"),
    ("average_pool", (rows(4, 3),), windows((4, 4), (2, 2), (2, 2)), "[4, 3] is not 4 × 4"),
    ("max_pool_gradient", (rows(4, 3), rows(2, 3), rows(4, 3)), {}, "shapes differ: [2, 3] and [4, 3]"),
    ("upsample_nearest", (rows(4, 3),), {"width": 5, "factor_width": 2}, "[4, 3] is not 5"),
    ("upsample_bilinear_gradient", (rows(4, 5, 3),), {"width": 4, "factor_height": 4}, "[4, 5, 3] is not 4 × 4"),
    ("pad", (rows(4, 5, 3),), {"height": 4, "width": 4}, "[4, 5, 3] is not 4 × 4"),
    ("crop", (rows(4, 3),), {"width": 4, "left": 1}, "[4, 3] is not 5"),
    ("group_norm", (rows(2, 6), fixed(6), fixed(6)), {"groups": 4}, "4 groups do not divide the 6 channels of [2, 6]"),
    (
        "gather_scaled",
        (resident(4, 3, dtype="uint8"), labels(7), fixed(4), fixed()),
        {},
        "offset [4] does not fit the features [4, 3]",
    ),
]


@pytest.mark.parametrize(("op", "inputs", "attributes", "message"), MISFITS)
def test_inputs_that_do_not_fit(op: str, inputs: tuple[Input, ...], attributes: dict[str, Any], message: str):
    with pytest.raises(ShapeError) as caught:
        Case(op, inputs, attributes).build()
    assert str(caught.value) == message
