"""The whole config as types: what every top-level block holds, its limits and its defaults.

Rules between fields of different blocks stand in `rules`; reading YAML stands in `loading`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from dltool.config.columns import ColumnName
from dltool.config.components import (
    Augmentation,
    Layer,
    Loss,
    Metric,
    Optimizer,
    Schedule,
)
from dltool.config.data import DataConfig, Seed
from dltool.config.description import Block, Choice, by_compat, written
from dltool.config.metric_names import metric_names
from dltool.config.sweep import Sweep
from dltool.config.transfer import InitFrom, Patterns, listed

FRAMEWORKS = ("keras", "torch", "mxnet")

#: what is predicted: one class of several, any of several labels, numbers, or the next token at every position
Task = Literal["classes", "multilabel", "numbers", "tokens", "inputs"]
#: what a target of each task holds, in words
TARGETS: Mapping[Task, str] = {
    "classes": "classes",
    "multilabel": "labels",
    "numbers": "numbers",
    "tokens": "tokens",
    "inputs": "inputs",
}

OpenFraction = Annotated[float, Field(gt=0, lt=1)]


def _file_name(name: str) -> str:
    if not re.fullmatch(r"[^\W_][\w .+=,@-]*", name):
        raise ValueError(f"'{name}' cannot name a directory; use letters, digits, and . _ - + = , @")
    return name


class EarlyStopping(Block):
    """Stops training when the monitored metric has not improved for some epochs."""

    monitor: str = "validation.loss"
    patience: NonNegativeInt = Field(default=5, description="epochs without improvement before training stops")
    min_delta: NonNegativeFloat = Field(default=0.0, description="smallest change that counts as an improvement")
    restore_best: bool = Field(default=False, description="restore the parameters of the best epoch at the end")


class Clip(Choice):
    """Clips gradients: by their norm over all parameters, or by value."""

    norm: PositiveFloat | None = None
    value: PositiveFloat | None = None


class Sampling(Choice):
    """How often each row is drawn."""

    weights: ColumnName | None = Field(
        default=None, description="column of the table; rows are drawn in proportion to it"
    )


class TrainConfig(Block):
    """Settings of the training loop: its length, its steps, and the order of samples."""

    idle: ClassVar = {"devices": ("device", "cpu")}

    epochs: PositiveInt = 10
    batch_size: PositiveInt = 32
    seed: Seed = Field(
        default=0, description="of the initial parameters, the order of samples, dropout and augmentation"
    )
    shuffle: bool = Field(default=True, description="a new order in every epoch; false: the order of the file")
    sampling: Literal["balanced"] | Sampling | None = Field(
        default=None,
        description="draw rows with replacement instead of passing each once in an epoch: balanced draws every class"
        " equally often; or by weights",
    )
    last_batch: Literal["keep", "drop", "pad"] = by_compat(
        "keep",
        mxnet="pad",
        description="the last batch if it is not full; pad: fill it with the first rows of the epoch",
    )
    accumulate: PositiveInt = Field(default=1, description="batches to accumulate gradients over for one update")
    shards: PositiveInt | Literal["auto"] = Field(
        default="auto",
        description="equal parts of a batch whose gradients are computed apart and added in a fixed order, so that any"
        " number of processes gives the same bits; auto: one for each process",
    )
    clip: Clip | None = None
    ema_decay: OpenFraction | None = Field(
        default=None,
        description="decay of a moving average of the parameters, used for evaluation",
    )
    log_every: PositiveInt = Field(default=10, description="steps")
    monitor: str | None = Field(
        default=None,
        description="metric that decides which epoch is best; by default the first one on the validation part, else its"
        " loss",
    )
    log: list[Literal["tensorboard"]] = Field(
        default=[], description="where to log besides metrics.jsonl; tensorboard: event files in the run's directory"
    )
    checkpoint_minutes: PositiveFloat = Field(default=5.0, description="longest time between two checkpoints")
    threads: PositiveInt | Literal["auto"] = "auto"
    device: Literal["cpu", "cuda", "auto", "xla"] = Field(
        default="cpu",
        description="cuda: an NVIDIA GPU; auto: one if there is one and the training is long enough; xla: the processor"
        " with the code that a GPU would run",
    )
    devices: PositiveInt | Literal["all"] = Field(
        default=1, description="GPUs, of each process, that share every batch"
    )
    precision: Literal["float32", "bfloat16", "tf32"] = Field(
        default="float32",
        description="of what products multiply; sums and parameters are float32. bfloat16 keeps 7 bits of each"
        " fraction, tf32, on a GPU alone, 10",
    )

    @property
    def parts(self) -> int:
        """Shards of a batch."""
        return 1 if self.shards == "auto" else self.shards

    @property
    def shard_size(self) -> int:
        """Rows of a shard."""
        return self.batch_size // self.parts

    @property
    def micro_batches(self) -> int:
        """Shards of all batches of an update."""
        return self.accumulate * self.parts


class Experiment(Block):
    """The complete description of a run."""

    name: Annotated[str, AfterValidator(_file_name)] = Field(
        default="run", description="of the run's directory; by default the config's file name"
    )
    compat: Literal["keras", "torch", "mxnet"] | None = Field(
        default=None, description="framework whose defaults and formulas to use"
    )
    data: DataConfig
    model: Annotated[list[Layer], Field(min_length=1)]
    init_from: InitFrom | None = Field(default=None, description="another training to take parameters from")
    freeze: Patterns = Field(
        default=[],
        description="names of parameters that are not trained, such as dense_1.weight or conv2d_*, where * stands for"
        " any characters; batch_norm has freeze_statistics for its running statistics",
    )
    augment: list[Augmentation] = Field(default=[], description="random changes of training images")
    loss: Loss
    optimizer: Optimizer = written("adam")
    schedule: Schedule = written("constant")
    metrics: list[Metric] = written([])
    early_stopping: EarlyStopping | None = None
    train: TrainConfig = written({})
    sweep: Sweep | None = Field(
        default=None, exclude=True, description="keys that `dltool sweep` varies; a single training leaves them alone"
    )

    @property
    def frozen(self) -> list[str]:
        """The names of parameters that are not trained."""
        return listed(self.freeze)

    @property
    def monitor(self) -> str:
        """The metric that decides which epoch is best, such as "validation.accuracy"."""
        if self.train.monitor:
            return self.train.monitor
        if "validation" not in self.data.parts:
            return "train.loss"
        names = zip(metric_names(self.metrics), self.metrics, strict=True)
        figures = [name for name, metric in names if getattr(metric, "better", None)]
        return f"validation.{figures[0] if figures else 'loss'}"
