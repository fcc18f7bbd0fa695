"""Where the time of a step goes: cycles counted per op, as shares by layer and by kind of op."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: fetching the batch and reporting the loss count as forward
DIRECTIONS = {"batch": "forward", "forward": "forward", "backward": "backward", "update": "update"}


@dataclass(frozen=True)
class LayerTime:
    """Time of one layer in a step."""

    layer: str
    forward_ms: float
    backward_ms: float
    update_ms: float
    share: float  # of the step

    @property
    def ms(self) -> float:
        """The sum of all directions."""
        return self.forward_ms + self.backward_ms + self.update_ms


@dataclass(frozen=True)
class OpTime:
    """Time of one kind of op in a step, over all layers."""

    op: str  # including ops fused into it
    direction: str
    ms: float
    share: float
    gflops: float


@dataclass(frozen=True)
class LayerOpTime(OpTime):
    """Time of one kind of op in one layer."""

    layer: str


@dataclass(frozen=True)
class Profile:
    """The time of a step; the shares of `layers`, of `ops` and of `layer_ops` add up to 1 together with waiting."""

    layers: list[LayerTime]
    ops: list[OpTime]
    layer_ops: list[LayerOpTime]
    waiting_ms: float  # threads waiting for each other
    waiting_share: float


def make_profile(counted: Mapping[str, Any], ms_per_step: float) -> Profile:
    """The profile of a step of `ms_per_step`, from the cycles of all threads that the worker counted."""
    total = counted["waiting"] + sum(op["cycles"] for op in counted["ops"])
    share = lambda cycles: cycles / total if total else 0.0  # noqa: E731
    layers = [
        _layer(name, [(DIRECTIONS[op["part"]], share(op["cycles"])) for op in ops], ms_per_step)
        for name, ops in _grouped(counted["ops"], "layer").items()
    ]
    time = lambda ops: _time(ops, sum(share(op["cycles"]) for op in ops), ms_per_step)  # noqa: E731
    kinds = [OpTime(**time(ops)) for ops in _grouped(counted["ops"], "op", "part").values()]
    apart = _grouped(counted["ops"], "layer", "part", "op").values()
    layer_ops = [LayerOpTime(**time(ops), layer=ops[0]["layer"]) for ops in apart]
    waiting = share(counted["waiting"])
    kinds.sort(key=lambda kind: -kind.share)
    return Profile(layers, kinds, layer_ops, waiting * ms_per_step, waiting)


def _grouped(ops: Iterable[Mapping[str, Any]], *keys: str) -> dict[Any, list[Mapping[str, Any]]]:
    """Ops grouped by the given fields, in the order in which they first run."""
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    for op in ops:
        groups.setdefault(op[keys[0]] if len(keys) == 1 else tuple(op[key] for key in keys), []).append(op)
    return groups


def _layer(name: str, shares: list[tuple[str, float]], ms_per_step: float) -> LayerTime:
    ms = dict.fromkeys(DIRECTIONS.values(), 0.0)
    for direction, share in shares:
        ms[direction] += share * ms_per_step
    return LayerTime(name, ms["forward"], ms["backward"], ms["update"], sum(share for _, share in shares))


def _time(ops: list[Mapping[str, Any]], share: float, ms_per_step: float) -> dict[str, Any]:
    """The fields of an `OpTime`."""
    ms = share * ms_per_step
    gflops = sum(op["flops"] for op in ops) / ms / 1e6 if ms else 0.0
    return {"op": ops[0]["op"], "direction": DIRECTIONS[ops[0]["part"]], "ms": ms, "share": share, "gflops": gflops}
