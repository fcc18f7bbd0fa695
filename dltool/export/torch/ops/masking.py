"""Sequences of unequal length."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def lengths(module: Module, codes: Operand) -> Variable:
    """How many codes are not negative, at least 1."""
    return module.let(f"({codes.made.name} >= 0).flatten(1).sum(dim=1).clamp(min=1)")


def window_lengths(module: Module, lengths: Operand, *, reach: int, stride: int, padding: int) -> Variable:
    """How many windows fit, at least 1."""
    room = f"{lengths.made.name} + {2 * padding - reach}"
    return module.let(f"(({room}).div({stride}, rounding_mode='floor') + 1).clamp(min=1)")


def mask(module: Module, x: Operand, lengths: Operand, *, fill: float) -> Variable:
    """where."""
    there = f"{counting(module, x.shape[0], lengths)}[..., None]"
    return module.let(f"torch.where({there}, {module.last(x)}, {fill!r})")


def last_step(module: Module, x: Operand, *lengths: Operand) -> Variable:
    """The last step that counts."""
    if not lengths:
        return module.let(f"{module.last(x)}[:, -1]")
    whole = module.let(module.last(x))
    return module.let(f"{whole.name}[torch.arange(len({whole.name})), {lengths[0].made.name} - 1]")


def mean_steps(module: Module, x: Operand, lengths: Operand) -> Variable:
    """The mean of the steps that count."""
    there = f"{counting(module, x.shape[0], lengths)}[..., None]"
    return module.let(f"({module.last(x)} * {there}).sum(dim=1) / {lengths.made.name}[:, None]")


def reverse(module: Module, x: Operand, *lengths: Operand) -> Variable:
    """flip, or take_along_dim of the steps that count in reverse."""
    if not lengths:
        return module.let(f"{module.last(x)}.flip(1)")
    place = module.let(f"{lengths[0].made.name}[:, None] - 1 - torch.arange({x.shape[0]})")
    order = module.let(f"torch.where({place.name} >= 0, {place.name}, torch.arange({x.shape[0]}))[..., None]")
    return module.let(f"{module.last(x)}.take_along_dim({order.name}, 1)")


def counting(module: Module, steps: int, lengths: Operand) -> str:
    """(B, T): whether a step counts."""
    return f"(torch.arange({steps}) < {lengths.made.name}[:, None])"
