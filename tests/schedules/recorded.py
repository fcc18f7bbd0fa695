"""Schedules of PyTorch and Keras over 200 steps, and how they are written here.

`python -m tests.schedules.recorded` (with PyTorch, and Keras on it) writes tests/golden/schedules.npz.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden" / "schedules.npz"
STEPS_PER_EPOCH, EPOCHS = 8, 25
STEPS = STEPS_PER_EPOCH * EPOCHS


@dataclass(frozen=True)
class Case:
    """A schedule, and what it is called elsewhere; PyTorch's are stepped after each epoch, or after each step."""

    compat: str
    name: str
    fields: dict[str, Any]
    theirs: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any] = field(default_factory=dict)
    every: int = 1


def _torch(name: str, fields: dict[str, Any], theirs: str, *arguments: Any, every: int = 1, **keywords: Any) -> Case:
    return Case("torch", name, fields, theirs, arguments, keywords, every)


def _keras(name: str, fields: dict[str, Any], theirs: str, *arguments: Any, **keywords: Any) -> Case:
    return Case("keras", name, fields, theirs, arguments, keywords)


EPOCH = STEPS_PER_EPOCH
RESTARTS = {"restarts": {"period": 3.0, "multiplier": 2.0}}
CASES = {
    "step": _torch("step", {"every": 3, "factor": 0.5}, "StepLR", 3, 0.5, every=EPOCH),
    "multistep": _torch(
        "multistep", {"epochs": [2, 7, 19], "factor": 0.3}, "MultiStepLR", [2, 7, 19], 0.3, every=EPOCH
    ),
    "exponential": _torch("exponential", {"factor": 0.9}, "ExponentialLR", 0.9, every=EPOCH),
    "cosine": _torch("cosine", {"floor": 0.1}, "CosineAnnealingLR", STEPS, 0.1),
    "restarts": _torch("cosine", {"floor": 0.1, **RESTARTS}, "CosineAnnealingWarmRestarts", 24, 2, 0.1),
    "linear": _torch("linear", {"floor": 0.1}, "LinearLR", 1.0, 0.1, STEPS),
    "polynomial": _torch("polynomial", {}, "PolynomialLR", STEPS),
    "polynomial of a power": _torch("polynomial", {"power": 1.7}, "PolynomialLR", STEPS, 1.7),
    "one_cycle": _torch("one_cycle", {}, "OneCycleLR", 1.0, total_steps=STEPS),
    "one_cycle with all arguments": _torch(
        "one_cycle",
        {
            "peak": 0.41,
            "curve": "linear",
            "start_divisor": 10.0,
            "end_divisor": 100.0,
            "low_momentum": 0.8,
            "high_momentum": 0.9,
        },
        "OneCycleLR",
        1.0,
        total_steps=STEPS,
        pct_start=0.41,
        anneal_strategy="linear",
        div_factor=10.0,
        final_div_factor=100.0,
        base_momentum=0.8,
        max_momentum=0.9,
    ),
    "keras exponential": _keras("exponential", {"factor": 0.9}, "ExponentialDecay", 1.0, EPOCH, 0.9),
    "keras staircase": _keras(
        "exponential", {"factor": 0.9, "staircase": True}, "ExponentialDecay", 1.0, EPOCH, 0.9, staircase=True
    ),
    "keras cosine": _keras("cosine", {"floor": 0.1}, "CosineDecay", 1.0, STEPS, alpha=0.1),
    "keras warm-up": _keras(
        "cosine",
        {"floor": 0.1, "warmup_epochs": 2.0},
        "CosineDecay",
        0.0,
        STEPS - 2 * EPOCH,
        alpha=0.1,
        warmup_target=1.0,
        warmup_steps=2 * EPOCH,
    ),
    "keras restarts": _keras(
        "cosine", {"floor": 0.1, **RESTARTS}, "CosineDecayRestarts", 1.0, 24, t_mul=2.0, alpha=0.1
    ),
    "keras polynomial": _keras("polynomial", {"floor": 0.1}, "PolynomialDecay", 1.0, STEPS, 0.1),
    "keras polynomial of a power": _keras(
        "polynomial", {"power": 1.7, "floor": 0.1}, "PolynomialDecay", 1.0, STEPS, 0.1, power=1.7
    ),
    "keras steps": _keras(
        "multistep",
        {"epochs": [2, 7, 19], "factor": 0.3},
        "PiecewiseConstantDecay",
        [15, 55, 151],
        [1.0, 0.3, 0.09, 0.027],
    ),
}

#: figures of 200 epochs, and what PyTorch's and Keras' ReduceLROnPlateau make of them; patience and cooldown differ
PLATEAUS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "plateau": ("torch", {"factor": 0.5, "patience": 3}, {"factor": 0.5, "patience": 2}),
    "plateau, cooldown": (
        "torch",
        {"factor": 0.5, "patience": 3, "cooldown": 3},
        {"factor": 0.5, "patience": 2, "cooldown": 3},
    ),
    "plateau, relative": (
        "torch",
        {"factor": 0.7, "patience": 5, "cooldown": 1, "min_delta": 0.05},
        {"factor": 0.7, "patience": 4, "cooldown": 1, "threshold": 0.05},
    ),
    "plateau, absolute": (
        "torch",
        {"factor": 0.7, "patience": 4, "min_delta": 0.02, "relative": False},
        {"factor": 0.7, "patience": 3, "threshold": 0.02, "threshold_mode": "abs"},
    ),
    "plateau, floor": (
        "torch",
        {"factor": 0.5, "patience": 2, "floor": 0.1},
        {"factor": 0.5, "patience": 1, "min_lr": 0.1},
    ),
    "keras plateau": ("keras", {"factor": 0.5, "patience": 2}, {"factor": 0.5, "patience": 2}),
    "keras plateau, cooldown": (
        "keras",
        {"factor": 0.5, "patience": 2, "cooldown": 2},
        {"factor": 0.5, "patience": 2, "cooldown": 3},
    ),
    "keras plateau, delta": (
        "keras",
        {"factor": 0.7, "patience": 4, "min_delta": 0.05, "floor": 0.01},
        {"factor": 0.7, "patience": 4, "min_delta": 0.05, "min_lr": 0.01},
    ),
}


def losses() -> list[float]:
    """Of 200 epochs: they fall, with noise, and stay."""
    noise = np.random.default_rng(11).normal(size=200) ** 2
    return np.maximum(0.05, np.exp(-np.arange(200) / 40) + 0.1 * noise).round(3).tolist()


def gradients() -> np.ndarray:
    """Of one parameter, at each of 200 steps."""
    return np.random.default_rng(12).normal(size=STEPS).astype(np.float32)


#: optimizers whose momentum one_cycle cycles: fields here, and the optimizer there
CYCLED: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "sgd": ({"lr": 0.1, "momentum": 0.9}, "SGD", {"momentum": 0.9}),
    "adam": ({"lr": 0.1}, "Adam", {}),
    "adamw": ({"lr": 0.1}, "AdamW", {}),
}


def _torch_rates(case: Case) -> list[np.ndarray]:
    """The rate and the momentum of every step."""
    import torch  # pyright: ignore[reportMissingImports]

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0, momentum=0.5)
    schedule = getattr(torch.optim.lr_scheduler, case.theirs)(optimizer, *case.arguments, **case.keywords)
    found = []
    for step in range(STEPS):
        found.append([optimizer.param_groups[0][name] for name in ("lr", "momentum")])
        optimizer.step()
        if (step + 1) % case.every == 0:
            schedule.step()
    return list(np.array(found).T)


def _keras_rates(case: Case) -> list[np.ndarray]:
    import keras  # pyright: ignore[reportMissingImports]

    schedule = getattr(keras.optimizers.schedules, case.theirs)(*case.arguments, **case.keywords)
    return [np.array([float(schedule(step)) for step in range(STEPS)])]


def _torch_plateau(arguments: dict[str, Any]) -> np.ndarray:
    import torch  # pyright: ignore[reportMissingImports]

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, eps=0, **arguments)
    return _after_each(schedule.step, lambda: optimizer.param_groups[0]["lr"])


def _keras_plateau(arguments: dict[str, Any]) -> np.ndarray:
    import keras  # pyright: ignore[reportMissingImports]

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mse")
    callback = keras.callbacks.ReduceLROnPlateau(monitor="loss", **arguments)
    callback.set_model(model)
    callback.on_train_begin()
    return _after_each(
        lambda loss: callback.on_epoch_end(0, {"loss": loss}), lambda: float(model.optimizer.learning_rate)
    )


def _after_each(end: Callable[[float], Any], rate: Callable[[], float]) -> np.ndarray:
    found: Sequence[float] = [rate() for loss in losses() if end(loss) is None]
    return np.array(found)


def _cycled(theirs: str, arguments: dict[str, Any]) -> np.ndarray:
    """The parameter after each step."""
    import torch  # pyright: ignore[reportMissingImports]

    parameter = torch.zeros(1, requires_grad=True)
    optimizer = getattr(torch.optim, theirs)([parameter], lr=0.1, **arguments)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=STEPS)
    found = []
    for gradient in gradients():
        parameter.grad = torch.tensor([gradient])
        optimizer.step()
        schedule.step()
        found.append(parameter.item())
    return np.array(found)


def _record() -> None:
    found: dict[str, np.ndarray] = {}
    for name, case in CASES.items():
        rates, *momentum = _torch_rates(case) if case.compat == "torch" else _keras_rates(case)
        found[name] = rates
        if "one_cycle" in name:
            found[f"{name}, momentum"] = momentum[0]
    for name, (compat, _, arguments) in PLATEAUS.items():
        found[name] = _torch_plateau(arguments) if compat == "torch" else _keras_plateau(arguments)
    for name, (_, theirs, arguments) in CYCLED.items():
        found[f"cycled {name}"] = _cycled(theirs, arguments)
    compressed: Any = {name: array.astype(np.float32) for name, array in found.items()}
    np.savez_compressed(GOLDEN, **compressed)


if __name__ == "__main__":
    _record()
