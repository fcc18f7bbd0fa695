"""Which name a user may have meant: a similar spelling, another tool's word, or a key of another block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dltool.config.description import Block
from dltool.config.renamed import new_key, new_name
from dltool.config.slots import allowed_keys, field_slot, filled
from dltool.config.words import a, either
from dltool.errors import did_you_mean, nearest
from dltool.registry import PACKAGES, registered

#: names in other tools → names in dltool
_OTHER_TOOLS = {
    "acc": "accuracy",
    "algorithm": "method",
    "attention": "multi_head_attention",
    "batch": "batch_size",
    "batchnorm": "batch_norm",
    "bce": "binary_cross_entropy",
    "bn": "batch_norm",
    "callbacks": "early_stopping",
    "categorical_crossentropy": "cross_entropy",
    "ce": "cross_entropy",
    "colorjitter": "color_jitter",
    "condition": "when",
    "conditions": "when",
    "criterion": "loss",
    "csv": "table",
    "embedding_dim": "width",
    "eps": "epsilon",
    "eta_min": "floor",
    "fc": "dense",
    "fully_connected": "dense",
    "gamma": "factor",
    "gradient_accumulation_steps": "accumulate",
    "if": "when",
    "l1": "mae",
    "layers": "model",
    "learning_rate": "lr",
    "linear": "dense",
    "log_uniform": "log",
    "loguniform": "log",
    "max_epochs": "epochs",
    "max_trials": "trials",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "milestones": "epochs",
    "min_lr": "floor",
    "multiheadattention": "multi_head_attention",
    "n_trials": "trials",
    "num_epochs": "epochs",
    "num_hidden": "units",
    "num_trials": "trials",
    "out_features": "units",
    "parquet": "table",
    "pos_weight": "positive_weight",
    "pruner": "pruning",
    "randint": "int",
    "random_state": "seed",
    "randomaffine": "random_affine",
    "randomcrop": "random_crop",
    "randomflip": "random_flip",
    "randomhorizontalflip": "random_flip",
    "randomrotation": "random_rotation",
    "rnn": "simple_rnn",
    "sampler": "method",
    "self_attention": "multi_head_attention",
    "sparse_categorical_crossentropy": "cross_entropy",
    "step_size": "every",
    "swish": "silu",
    "timeout": "time",
    "uniform": "range",
    "values": "choices",
    "wd": "weight_decay",
}


class _Home(NamedTuple):
    """A block or a component that has a certain key."""

    path: str
    block: type[Block]
    thing: str = ""  # an example, where the path may hold any component of a kind


def unknown_key(key: str, block: type[Block], top: type[Block]) -> str:
    """The hint for a key that `block` does not have, in a config of type `top`."""
    here = allowed_keys(block)
    if new := new_key(key, block):
        return f"'{key}' is now called '{new}'"
    if _OTHER_TOOLS.get(key.lower()) in here:
        return f"did you mean '{_OTHER_TOOLS[key.lower()]}'?"
    if key.partition(":")[0] in here:
        return f"put a space after the ':' of '{key}'"
    homes = sorted(_homes(top), key=lambda home: not issubclass(home.block, block.__bases__[0]))
    if belongs := [home.path for home in homes if not home.thing and key in allowed_keys(home.block)]:
        return f"'{key}' belongs {_inside(belongs)}"
    if near := nearest(key, here):
        return f"did you mean '{near}'?"
    if kind := _kind_of(key):
        return f"'{key}' is {a(kind)}" + (f"; it goes under '{_field_of(kind, top)}'" if _field_of(kind, top) else "")
    if home := next((home for home in homes if home.thing and key in home.block.model_fields), None):
        return f"'{key}' belongs in {home.path}"
    elsewhere = {name: home for home in homes if not home.thing for name in allowed_keys(home.block)}
    if near := nearest(key, elsewhere, alike=0.75):
        return f"did you mean '{near}'? It belongs {_inside([elsewhere[near].path])}"
    return did_you_mean(key, here)


def meant_key(key: str, allowed: Iterable[str]) -> str | None:
    """The allowed key that `key` stands for: a misspelling, another tool's word, or a ':' without a space."""
    words = set(allowed)
    other = _OTHER_TOOLS.get(key.lower())
    return other if other in words else nearest(key.partition(":")[0], words)


def unknown_name(name: str, kind: str) -> str:
    """The hint for a name that no component of this kind has."""
    allowed = registered(kind)
    if new := new_name(name, kind):
        return f"'{name}' is now called '{new}'"
    if _OTHER_TOOLS.get(name.lower()) in allowed:
        return f"did you mean '{_OTHER_TOOLS[name.lower()]}'?"
    if near := nearest(name, allowed):
        return f"did you mean '{near}'?"
    if other := _kind_of(name):
        return f"'{name}' is {a(other)}; {did_you_mean(name, allowed)}"
    return f"{did_you_mean(name, allowed)} (see: dltool list {kind})"


def _homes(block: type[Block], path: str = "") -> Iterator[_Home]:
    """All blocks below `block`, then all components that fields below it can hold."""
    yield _Home(path, block)
    for name in block.model_fields:
        below = f"{path}.{name}" if path else name
        for slot in filled(field_slot(block, name)):
            if slot.block:
                yield from _homes(slot.block, below)
            elif slot.kind:
                things = registered(slot.kind)
                default = block.model_fields[name].default
                for thing in sorted(things, key=lambda thing, default=default: (thing != default, thing)):
                    yield _Home(f"'{below}.{thing}'", things[thing], thing)
            elif slot.item and (kind := slot.item.kind):
                for thing, described in registered(kind).items():
                    yield _Home(f"{a(kind)} such as '{thing}'", described, thing)


def _field_of(kind: str, top: type[Block]) -> str | None:
    """The top-level key that holds components of a kind."""
    for name in top.model_fields:
        slot = field_slot(top, name)
        if kind in (slot.kind, slot.item.kind if slot.item else None):
            return name
    return None


def _inside(paths: Iterable[str]) -> str:
    return either([f"in '{path}'" if path else "at the top level" for path in paths])


def _kind_of(name: str) -> str | None:
    return next((kind for kind in PACKAGES if kind != "op" and name in registered(kind)), None)
