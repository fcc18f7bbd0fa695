"""The Open Inference Protocol (KServe v2) in JSON: tensors in, tensors out.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from dltool.serve.bodies import RefusedError, image_of
from dltool.serve.served import Served, Table
from dltool.serve.worker import Job

#: data types of columns by what they hold
DATATYPES = {"number": "FP64", "boolean": "BOOL"}
_NUMPY = {"float32": "FP32", "float64": "FP64", "int8": "INT8", "int32": "INT32", "int64": "INT64", "uint8": "UINT8"}
#: along an axis of a tensor
LARGEST_SIZE = 2**31 - 1
KNOWN = (*_NUMPY.values(), "BOOL", "UINT16", "UINT32", "UINT64", "INT16", "FP16", "BYTES")


def metadata(served: Served) -> dict[str, Any]:
    """What the network takes and gives."""
    return {
        "name": served.name,
        "versions": ["1"],
        "platform": "dltool",
        "inputs": inputs(served),
        "outputs": outputs(served),
    }


def inputs(served: Served) -> list[dict[str, Any]]:
    """One tensor for each column; for images and arrays a single one."""
    if served.inputs:
        return [
            {"name": one.name, "datatype": DATATYPES.get(one.kind, "BYTES"), "shape": [-1]} for one in served.inputs
        ]
    datatype = "UINT8" if served.dtype == "uint8" else "FP32"
    return [{"name": "input", "datatype": datatype, "shape": [-1, *served.shape]}]


def outputs(served: Served) -> list[dict[str, Any]]:
    """The predictions; probabilities are one tensor with a column for each class."""
    if served.classes:
        shape = [-1, len(served.classes)]
        return [
            {"name": "prediction", "datatype": "BYTES", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP32", "shape": shape, "parameters": {"classes": [*served.classes]}},
        ]
    names = ["reconstruction_error"] if served.task == "inputs" else list(served.targets)
    return [{"name": name, "datatype": "FP64", "shape": [-1]} for name in names]


def infer_job(served: Served, request: Any) -> Job:
    """What an inference request asks; raises RefusedError for one that is not as the protocol says."""
    if not isinstance(request, dict) or not isinstance(request.get("inputs"), list):
        raise RefusedError(400, "an object with a list 'inputs' of tensors is expected")
    if not isinstance(request.get("id", ""), str):
        raise RefusedError(400, "'id' must be a text")
    tensors = dict(_tensor(one, place) for place, one in enumerate(request["inputs"]))
    if served.inputs:
        return Job(served.name, {name: _column(name, array) for name, array in tensors.items()})
    if len(tensors) != 1:
        raise RefusedError(422, f"inputs: one tensor is expected, got {len(tensors)}")
    ((name, array),) = tensors.items()
    if served.kind == "images" and array.dtype == object:
        return Job(served.name, [image_of(one, place) for place, one in enumerate(array.ravel().tolist())])
    if array.dtype == object:
        raise RefusedError(422, f"inputs: '{name}' holds text, where numbers are expected")
    return Job(served.name, array)


def answer(served: Served, request: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """The response to a request; raises RefusedError if it asks for outputs that there are not."""
    found = {one["name"]: one for one in _outputs(served, table)}
    asked = request.get("outputs", [])
    if not isinstance(asked, list):
        raise RefusedError(400, "'outputs' must be a list of objects with a name")
    names = [one.get("name") if isinstance(one, dict) else None for one in asked] or list(found)
    if unknown := [name for name in names if not isinstance(name, str) or name not in found]:
        raise RefusedError(422, f"outputs: there is no output {unknown[0]!r}; allowed: {', '.join(found)}")
    made = {"model_name": served.name, "model_version": "1", "outputs": [found[name] for name in names]}
    return made | ({"id": request["id"]} if "id" in request else {})


def _outputs(served: Served, table: Table) -> Iterator[dict[str, Any]]:
    if not served.classes:
        yield from (_as_tensor(name, column) for name, column in table.items())
        return
    yield _as_tensor("prediction", table["prediction"])
    yield _as_tensor("probabilities", np.column_stack([table[f"probability_{name}"] for name in served.classes]))


def _as_tensor(name: str, array: np.ndarray) -> dict[str, Any]:
    datatype = _NUMPY.get(array.dtype.name, "BYTES")
    return {"name": name, "datatype": datatype, "shape": list(array.shape), "data": array.ravel().tolist()}


def _tensor(tensor: Any, place: int) -> tuple[str, np.ndarray]:
    """The name and the array of a tensor in a request."""
    where = f"inputs[{place}]"
    if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
        raise RefusedError(400, f"{where}: an object with name, shape, datatype and data is expected")
    shape, data = tensor.get("shape"), tensor.get("data")
    if not isinstance(shape, list) or not all(map(_is_size, shape)):
        raise RefusedError(400, f"{where}: 'shape' must be a list of whole numbers from 0 to {LARGEST_SIZE}")
    if tensor.get("datatype") not in KNOWN:
        raise RefusedError(400, f"{where}: unknown datatype {tensor.get('datatype')!r}; allowed: {', '.join(KNOWN)}")
    if not isinstance(data, list):
        raise RefusedError(400, f"{where}: 'data' must be a list; binary tensors are not supported")
    return tensor["name"], _array(data, [*map(int, shape)], where, as_text=tensor["datatype"] == "BYTES")


def _is_size(size: Any) -> bool:
    """Whether it is a whole number, which in JSON may be written as 3.0."""
    return type(size) in (int, float) and 0 <= size <= LARGEST_SIZE and size == int(size)


def _array(data: Sequence[Any], shape: Sequence[int], where: str, *, as_text: bool) -> np.ndarray:
    """Data, flat or nested, in a shape; numbers as float64, everything else as objects."""
    try:
        array = np.array(data)
    except (ValueError, OverflowError):
        array = np.array(None)
    if array.dtype.kind not in "biuf" or as_text:  # None and text, as columns may hold
        flat = list(_flat(data))
        array = np.empty(len(flat), object)
        array[:] = flat
    if array.size != prod(shape):
        raise RefusedError(422, f"{where}: a shape of {list(shape)} needs {prod(shape)} values, got {array.size}")
    try:
        return array.reshape(shape)
    except ValueError:  # an empty array along axes that are too many or too long
        raise RefusedError(422, f"{where}: a shape of {list(shape)} is too large") from None


def _flat(data: Any) -> Iterator[Any]:
    for one in data:
        if isinstance(one, list):
            yield from _flat(one)
        else:
            yield one


def _column(name: str, array: np.ndarray) -> list[Any]:
    """The cells of a column of shape (n,) or (n, 1)."""
    if array.ndim not in (1, 2) or array.shape[1:] not in ((), (1,)):
        raise RefusedError(422, f"inputs: '{name}' has the shape {list(array.shape)}, where [rows] is expected")
    return array.ravel().tolist()
