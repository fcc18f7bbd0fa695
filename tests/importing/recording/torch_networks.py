"""PyTorch's side of the imports: a narrow ResNet-20, an LSTM and a small CNN, ten training steps of each.

`python tests/importing/recording/torch_networks.py` (with PyTorch, safetensors, onnx and onnxscript) writes the state
dicts, ONNX files, samples, outputs and losses to tests/golden/imports/.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from safetensors.torch import save_file
from torch import nn  # pyright: ignore[reportMissingImports]
from torch.nn import functional  # pyright: ignore[reportMissingImports]

GOLDEN = Path(__file__).parents[2] / "golden" / "imports"
STEPS, BATCH = 10, 8


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet20(nn.Module):
    """He et al. 2016, for CIFAR, a quarter as wide, with projections in the shortcuts."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(Block(4, 4, 1), Block(4, 4, 1), Block(4, 4, 1))
        self.layer2 = nn.Sequential(Block(4, 8, 2), Block(8, 8, 1), Block(8, 8, 1))
        self.layer3 = nn.Sequential(Block(8, 16, 2), Block(16, 16, 1), Block(16, 16, 1))
        self.linear = nn.Linear(16, 10)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(functional.adaptive_avg_pool2d(x, 1).flatten(1))


class LastStep(nn.Module):
    """Two LSTMs, one on the other, and a classifier of the last step."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(5, 12, num_layers=2, batch_first=True)
        self.head = nn.Linear(12, 3)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class Flattened(nn.Module):
    """A CNN whose flattened channels and places a linear layer tells apart."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 5, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.0))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(5 * 3 * 4, 7), nn.ReLU(), nn.Linear(7, 4))

    def forward(self, x):
        return self.classifier(self.features(x))


NETWORKS = {
    "resnet20": (ResNet20, (3, 16, 16), 10),
    "lstm": (LastStep, (9, 5), 3),
    "flattened": (Flattened, (2, 8, 10), 4),
}


def record(name: str) -> None:
    """Writes the files of one network."""
    torch.manual_seed(0)
    kind, shape, classes = NETWORKS[name]
    network = kind()
    x = torch.randn(STEPS * BATCH, *shape)
    y = torch.arange(STEPS * BATCH) % classes
    with torch.no_grad():  # statistics as a training leaves them
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.2)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.2)
    network.eval()
    save_file(network.state_dict(), GOLDEN / f"torch_{name}.safetensors")
    outputs = network(x).detach().numpy()
    for dynamo, ending in ((False, "onnx"), (True, "dynamo.onnx"))[: 2 if name == "lstm" else 1]:
        torch.onnx.export(
            network,
            (x[:2],),
            GOLDEN / f"torch_{name}.{ending}",
            dynamo=dynamo,
            input_names=["x"],
            output_names=["scores"],
            **({"external_data": False, "dynamic_shapes": ({0: torch.export.Dim("batch")},)} if dynamo else {}),
            **({} if dynamo else {"dynamic_axes": {"x": {0: "N"}}, "do_constant_folding": False}),
            **({} if dynamo else {"training": torch.onnx.TrainingMode.PRESERVE}),
        )
    network.train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    losses = []
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        loss = functional.cross_entropy(network(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    after = network.eval()(x).detach().numpy()
    np.savez_compressed(
        GOLDEN / f"torch_{name}.npz", x=x.numpy(), y=y.numpy(), outputs=outputs, losses=losses, after=after
    )


if __name__ == "__main__":
    for each in NETWORKS:
        record(each)
