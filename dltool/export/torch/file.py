"""A trained network as a safetensors file in the layout of PyTorch, and the program that defines and loads it there."""

from __future__ import annotations

import json
from textwrap import indent

from dltool.export.exported import Exported
from dltool.export.opening import Trained
from dltool.export.program import about, add_network
from dltool.export.tensors import described, tensor_file
from dltool.export.torch.module import Module

#: where the functions of ops are
OPS = "dltool.export.torch.ops"


def export_torch(trained: Trained, file: str) -> Exported:
    """The tensors and the program, which expects them in `file`; raises InputError for an op that PyTorch lacks."""
    module = write(trained)
    summary = f"{len(module.tensors)} tensors as PyTorch has them"
    return Exported(
        tensor_file(module.tensors, {"format": "pt", **described(trained)}),
        summary,
        program=program(trained, module, file),
    )


def write(trained: Trained) -> Module:
    """The module; its forward takes prepared samples and returns scores, before the output activation."""
    module, network = Module(), trained.forward(fold=False)
    scores = add_network(module, network, OPS, "PyTorch")
    module.inputs = [*network.inputs]
    module.let(f"{scores.name}.movedim(1, -1)" if scores.first else scores.name)
    return module


def program(trained: Trained, module: Module, file: str) -> str:
    """The text of the program."""
    body = [*module.lines()[:-1], f"return {module.lines()[-1].partition(' = ')[2]}"]
    layers = "\n".join(["super().__init__()", *module.layers])
    return f"""# {about(trained)}
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional


class Network(nn.Module):
    def __init__(self):
{indent(layers, " " * 8)}

    def forward(self, {", ".join(module.inputs)}):
{indent(chr(10).join(body), " " * 8)}


network = Network()
network.load_state_dict(load_file({json.dumps(file)}))
network.eval()
"""
