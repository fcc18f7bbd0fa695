"""A trained network as one C99 file, which is kept only if the compiler at hand makes of it what dltool computes."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from dltool import __version__
from dltool.data.preprocessing.features import ArrayPreparation, TablePreparation
from dltool.data.scaling.scaling import Scale
from dltool.errors import RunError
from dltool.export.c.graph import add_network
from dltool.export.c.inputs import ArrayInputs, Inputs, PreparedInputs
from dltool.export.c.outputs import Outputs
from dltool.export.c.source import Source, literal
from dltool.export.c.table_inputs import TableInputs
from dltool.export.expected import expected_outputs, require_alike
from dltool.export.exported import Exported, Port
from dltool.export.opening import Trained
from dltool.formatting import size
from dltool.training.decision import stated

#: what the file compiles with, without a warning
FLAGS = ("-std=c99", "-O1", "-Wall", "-Wextra", "-Werror")
#: bytes of a file that is compiled to try it; a larger one takes minutes
MOST_TRIED = 20_000_000
#: numbers of a constant in one line
IN_LINE = 8


@dataclass(frozen=True)
class Written:
    """A file, and what is needed to try it."""

    text: str
    inputs: Inputs
    outputs: Outputs
    memory: int  # bytes
    constants: int  # bytes
    stateful: bool = False  # a prediction goes on where the one before ended


def export_c(trained: Trained, name: str, *, preprocessing: bool) -> Exported:
    """The file; raises InputError for an op that C has no function for, and RunError if it computes something else."""
    written = write(trained, name, preprocessing=preprocessing)
    compiler = shutil.which("cc") or shutil.which("gcc")
    tried = "not tried, for want of a C compiler"
    if len(written.text) > MOST_TRIED:
        tried = "not tried, since a file of this size takes minutes to compile"
    elif compiler:
        difference = checked(trained, written, compiler)
        tried = (
            f"compiled here, the outputs of {trained.tried} samples differ from dltool's by at most {difference:.1g}"
        )
    summary = f"C99, {size(written.constants)} of constants, {size(written.memory)} of memory; {tried}"
    inputs = [Port(f"in[{written.inputs.size}]", "float", "the head of the file says which")]
    outputs = [Port(f"out[{prod(written.outputs.shape)}]", "float", written.outputs.name)]
    return Exported(written.text.encode(), summary, inputs, outputs)


def write(trained: Trained, name: str, *, preprocessing: bool) -> Written:
    """The text of the file."""
    source, network = Source(), trained.forward(fold=True)
    inputs, outputs = inputs_of(trained, preprocessing=preprocessing), Outputs(trained, network)
    outputs.add(source, add_network(source, network, inputs.add(source)))
    memory = source.plan()
    memory_bytes = 4 * (memory + sum(source.states.values()))
    constants = sum(array.size * (8 if array.dtype == np.float64 else 4) for array in source.constants.values())
    sizes = f"constants: {constants:,} bytes; memory: {memory_bytes:,} bytes, static, so that one call runs at a time"
    stateful = bool(source.states)
    head = [*_head(name, inputs, outputs, stateful=stateful), sizes]
    parts = [
        "\n".join(["/*", *(f" * {_harmless(line)}".rstrip() for line in head), " */"]),
        "#include <math.h>\n#include <stddef.h>",
        f"#define PREDICT_INPUTS {inputs.size}\n#define PREDICT_OUTPUTS {prod(outputs.shape)}",
        "\n".join(_declarations(stateful=stateful)),
        _names(outputs.names),
        *(_array(name, array) for name, array in source.constants.items()),
        *(text.strip() for text in source.functions),
        *([f"static float memory[{memory}];"] if memory else []),
        "\n".join(f"static float {name}[{size}];" for name, size in source.states.items()),
        "\n".join(_reset(source)),
        "\n".join(["void predict(const float *in, float *out)", "{", *_calls(source), "}"]),
    ]
    text = "\n\n".join(part for part in parts if part) + "\n"
    return Written(text, inputs, outputs, memory_bytes, constants, stateful)


def inputs_of(trained: Trained, *, preprocessing: bool) -> Inputs:
    """What `predict` gets, with or without preprocessing."""
    preparation = None if not preprocessing else trained.preprocessing.features
    if isinstance(preparation, TablePreparation):
        return TableInputs(trained)
    if isinstance(preparation, ArrayPreparation) and preparation.feature_dtype == "float32":
        alike = preparation.scale is None or isinstance(preparation.scale, Scale)
        return ArrayInputs(trained) if alike else PreparedInputs(trained)
    return PreparedInputs(trained)


def checked(trained: Trained, written: Written, compiler: str) -> float:
    """The largest difference, for samples made up; raises RunError where the compiled file differs."""
    given, samples = written.inputs.example(np.random.default_rng(0))
    made = compiled(written, given, compiler)
    expected = {written.outputs.name: expected_outputs(trained, samples)[written.outputs.name]}
    return require_alike({written.outputs.name: made}, expected, "C")


def compiled(written: Written, given: np.ndarray, compiler: str) -> np.ndarray:
    """What the file makes (n, …) of samples (n, inputs) float32; raises RunError where it does not compile."""
    shape = written.outputs.shape
    out = np.empty((len(given), *shape), np.float32)
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "network.c", Path(folder) / "network.so"
        source.write_text(written.text, encoding="utf-8")
        command = [compiler, *FLAGS, "-shared", "-fPIC", str(source), "-o", str(library), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip())
            raise RunError(f"the C file was not kept: it does not compile ({first.strip()}); please report this")
        made = ctypes.CDLL(str(library))
        for sample, prediction in zip(np.ascontiguousarray(given, np.float32), out, strict=True):
            if written.stateful:
                made.predict_reset()
            made.predict(sample.ctypes.data_as(ctypes.c_void_p), prediction.ctypes.data_as(ctypes.c_void_p))
    return out


def _declarations(*, stateful: bool) -> Iterator[str]:
    yield "void predict(const float *in, float *out);"
    if stateful:
        yield "void predict_reset(void);"


def _reset(source: Source) -> Iterator[str]:
    """A function that forgets all that stays from one prediction to the next, if anything does."""
    if not source.states:
        return
    yield from ("void predict_reset(void)", "{")
    for name, numbers in source.states.items():
        yield from (f"    for (int i = 0; i < {numbers}; i++)", f"        {name}[i] = 0.0f;")
    yield "}"


def _head(name: str, inputs: Inputs, outputs: Outputs, *, stateful: bool) -> Iterator[str]:
    yield f"{name}: a neural network, written by dltool {__version__}"
    yield ""
    yield from _declarations(stateful=stateful)
    yield ""
    if stateful:
        yield "A prediction goes on where the one before ended; predict_reset() before the first of another sequence."
        yield ""
    yield f"in[{inputs.size}]"
    yield from (f"  {line}" for line in inputs.described())
    axes = f", {' x '.join(map(str, outputs.shape))}, the last axis fastest" if len(outputs.shape) > 1 else ""
    yield f"out[{prod(outputs.shape)}]: {outputs.name}{axes}"
    if len(outputs.names) in (prod(outputs.shape[-1:]), prod(outputs.shape)):
        yield from (f"  {place}: {each}" for place, each in enumerate(outputs.names))
    if decided := stated(outputs.trained.experiment, outputs.trained.signature):
        name, probability = decided
        yield f"  '{name}' is predicted from a probability of {probability:.9g} on"
    yield ""
    yield "Needs nothing but the C library: cc -std=c99 -O3 -c FILE, and -lm to link."


def _names(names: list[str]) -> str:
    """The names of the outputs as an array of texts."""
    if not names:
        return ""
    texts = ", ".join(f'"{_escaped(name)}"' for name in names)
    return f"const char *const predict_names[{len(names)}] = {{{texts}}};"


def _array(name: str, array: np.ndarray) -> str:
    flat = array.reshape(-1)
    is_double = array.dtype == np.float64
    numbers = [f"{each:.17g}" for each in flat.tolist()] if is_double else [*map(literal, flat.tolist())]
    lines = [f"    {', '.join(numbers[i : i + IN_LINE])}," for i in range(0, len(numbers), IN_LINE)]
    kind = "double" if is_double else "float"
    return "\n".join([f"static const {kind} {name}[{flat.size}] = {{", *lines, "};"])


def _calls(source: Source) -> Iterator[str]:
    for name, arguments in source.calls:
        yield f"    {name}({', '.join(map(str, arguments))});"


def _harmless(line: str) -> str:
    """A line that can stand in a comment: it neither ends nor begins one, and has no trigraph."""
    shown = "".join(each if each.isprintable() else " " for each in line)
    return re.sub(r"(\*)(?=/)|(/)(?=\*)|(\?)(?=\?)", r"\g<0> ", shown)


def _escaped(text: str) -> str:
    """A text as it stands in a literal: bytes other than plain ASCII in octal."""
    plain = set(range(32, 127)) - set(b'"\\?')
    return "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in text.encode("utf-8", "surrogateescape"))
