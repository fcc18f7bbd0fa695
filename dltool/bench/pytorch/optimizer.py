"""PyTorch's optimizers, in their default form and in their fastest form."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import optim  # pyright: ignore[reportMissingImports]

from dltool.bench.pytorch.network import Fields, named
from dltool.bench.pytorch.recipe import Recipe
from dltool.errors import InputError, Problem


def build_optimizer(recipe: Recipe, parameters: Mapping[str, Any], *, tuned: bool) -> Any:
    """The optimizer of a config; weight decay acts on the parameters that the recipe names."""
    kind, fields = named(recipe.optimizer)
    if kind not in _OPTIMIZERS:
        raise InputError(Problem(f"PyTorch has no optimizer '{kind}'", path="optimizer"))
    if fields["weight_decay"] and fields["decoupled"] and kind not in ("adam", "adamw"):
        message = f"PyTorch's {kind} has no decoupled weight decay; set decoupled: false to compare"
        raise InputError(Problem(message, path=f"optimizer.{kind}"))
    make, options = _OPTIMIZERS[kind](fields)
    decayed = [parameter for name, parameter in parameters.items() if name in recipe.decayed]
    others = [parameter for name, parameter in parameters.items() if name not in recipe.decayed]
    groups = [{"params": decayed, "weight_decay": fields["weight_decay"]}, {"params": others, "weight_decay": 0.0}]
    return make([group for group in groups if group["params"]], lr=fields["lr"], **options, **_form(make, tuned))


def _form(make: Any, tuned: bool) -> dict[str, bool]:
    """Options of the tuned form: one fused kernel for all parameters if the optimizer has one, else `foreach`."""
    if not tuned:
        return {}
    return {"fused": True} if "fused" in inspect.signature(make).parameters else {"foreach": True}


def _sgd(fields: Fields) -> tuple[Any, dict[str, Any]]:
    return optim.SGD, {"momentum": fields["momentum"], "nesterov": bool(fields["nesterov"] and fields["momentum"])}


def _adam(fields: Fields) -> tuple[Any, dict[str, Any]]:
    options = {"betas": (fields["beta1"], fields["beta2"]), "eps": fields["epsilon"]}
    return optim.AdamW if fields["decoupled"] else optim.Adam, options


def _rmsprop(fields: Fields) -> tuple[Any, dict[str, Any]]:
    return optim.RMSprop, {"alpha": fields["rho"], "eps": fields["epsilon"]}


def _adagrad(fields: Fields) -> tuple[Any, dict[str, Any]]:
    return optim.Adagrad, {"initial_accumulator_value": fields["initial_accumulator_value"], "eps": fields["epsilon"]}


_OPTIMIZERS: dict[str, Callable[[Fields], tuple[Any, dict[str, Any]]]] = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adam,
    "rmsprop": _rmsprop,
    "adagrad": _adagrad,
}
