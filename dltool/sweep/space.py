"""The values that the trials of a sweep may take: which keys vary, in what order they are drawn, and under which
conditions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, islice
from typing import Any

from dltool.config.differences import value_at
from dltool.config.node import path_steps
from dltool.config.sweep import Domain, Sweep
from dltool.config.writing import dump_inline
from dltool.data.files.quoting import cut
from dltool.errors import InputError, Problem
from dltool.formatting import number

#: values of one trial by key
Values = Mapping[str, Any]
#: significant digits of a drawn number, at least
DIGITS = 4
#: largest number of points that a grid may have
MOST_POINTS = 10_000


def name_of(value: Any) -> Any:
    """A value as conditions name it: the name of a component, also of one with fields."""
    return next(iter(value)) if isinstance(value, Mapping) and len(value) == 1 else value


def rounded(value: float, domain: Domain) -> float:
    """A drawn number with as many digits as tell the values of its domain apart, never outside of it."""
    low, high = domain.bounds
    close = math.log10(max(abs(low), abs(high)) / (high - low)) if not domain.logarithmic else 0
    digits = DIGITS + max(0, math.ceil(close))
    return min(max(float(f"{value:.{digits}g}"), low), high)


@dataclass(frozen=True)
class Parameter:
    """One key, the values that it may take, and the conditions under which it is drawn."""

    key: str
    domain: Domain
    conditions: Mapping[str, Sequence[Any]]  # by key: the values that it must have one of

    def grid(self) -> list[Any]:
        """All its values in a grid; raises InputError for a range that says neither step nor points."""
        domain, (low, high) = self.domain, self.domain.bounds
        if domain.choices is not None:
            return domain.choices
        step = domain.step or (1 if domain.int else None)
        if domain.points is None and step is None:
            message = "a grid needs 'points' (how many values to take from the range), or a step between them"
            raise InputError(Problem(message, path=self.key))
        if domain.points is None:
            assert step is not None
            stepped = (low + index * step for index in range(math.floor((high - low) / step + 1e-9) + 1))
            numbers = list(islice(stepped, MOST_POINTS + 1))
        else:
            shares = [index / (domain.points - 1) for index in range(domain.points)]
            between = _between_logarithms if domain.logarithmic else _between
            numbers = [between(low, high, share) for share in shares]
        return list(dict.fromkeys(round(one) if domain.whole else rounded(one, domain) for one in numbers))

    def every(self) -> Sequence[Any] | None:
        """All its values, if they can be counted; None for a range of numbers without a step, or of very many."""
        domain, (low, high) = self.domain, self.domain.bounds
        if domain.log_int:
            return range(round(low), round(high) + 1) if high - low < MOST_POINTS else None
        if domain.choices is None and domain.step is None and domain.int is None:
            return None
        return replace(self, domain=domain.model_copy(update={"points": None})).grid()


def _between(low: float, high: float, share: float) -> float:
    return low + share * (high - low)


def _between_logarithms(low: float, high: float, share: float) -> float:
    return math.exp(_between(math.log(low), math.log(high), share))


class Space:
    """All parameters of a sweep, each behind those that its conditions name."""

    def __init__(self, sweep: Sweep, config: Mapping[str, Any]):
        """Conditions may be on keys of the resolved `config`; raises InputError for conditions in a circle."""
        self._config = config
        given = {key: Parameter(key, domain, _conditions(key, sweep)) for key, domain in sweep.parameters.items()}
        self.parameters = tuple(_in_order(given))

    def drawn(self, draw: Callable[[Parameter], Any]) -> dict[str, Any]:
        """The values of a trial: `draw` is asked for each parameter whose conditions hold."""
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            if self.applies(parameter, values):
                values[parameter.key] = draw(parameter)
        return values

    def applies(self, parameter: Parameter, values: Values) -> bool:
        """Whether a parameter is drawn beside these values of those before it."""
        varying = {one.key for one in self.parameters}
        for key, wanted in parameter.conditions.items():
            if key in varying and key not in values:
                return False
            value = values[key] if key in values else value_at(self._config, key)
            if name_of(value) not in wanted and value not in wanted:
                return False
        return True

    @cached_property
    def every(self) -> list[dict[str, Any]] | None:
        """All values that trials can have, if they can be counted."""
        values = {one.key: one.every() for one in self.parameters}
        if any(one is None for one in values.values()):
            return None
        points = list(islice(self._combinations({}, self.parameters, values), MOST_POINTS + 1))
        return points if len(points) <= MOST_POINTS else None

    def grid(self) -> list[dict[str, Any]]:
        """Every combination; raises InputError if there are too many, or a range that does not say its points."""
        values = {one.key: one.grid() for one in self.parameters}
        points = list(islice(self._combinations({}, self.parameters, values), MOST_POINTS + 1))
        if len(points) > MOST_POINTS:
            raise InputError(
                Problem(f"a grid of more than {MOST_POINTS:,} points; vary fewer keys", path=self.parameters[-1].key)
            )
        return points

    def _combinations(
        self, values: dict[str, Any], rest: Sequence[Parameter], of: Mapping[str, Sequence[Any] | None]
    ) -> Iterator[dict[str, Any]]:
        if not rest:
            yield values
        elif self.applies(rest[0], values):
            for value in of[rest[0].key] or ():
                yield from self._combinations({**values, rest[0].key: value}, rest[1:], of)
        else:
            yield from self._combinations(values, rest[1:], of)


def changes(values: Values) -> list[str]:
    """The values as `--set` would make them."""
    return [f"{key}={dump_inline(value)}" for key, value in values.items()]


def shown(value: Any) -> str:
    """A value in a table, shortened."""
    return number(value) if isinstance(value, float) else cut(dump_inline(value))


def described(values: Mapping[str, Any]) -> str:
    """The values of a trial in a line; those of the first are what the config says."""
    if not values:
        return "as written"
    return ", ".join(f"{key}={shown(value)}" for key, value in values.items())


def _conditions(key: str, sweep: Sweep) -> dict[str, list[Any]]:
    """Conditions as written; and a key below a component that varies applies only where that component is chosen."""
    found = {
        other: wanted if isinstance(wanted, list) else [wanted] for other, wanted in sweep.parameters[key].when.items()
    }
    for other, domain in sweep.parameters.items():
        steps, above = path_steps(key), path_steps(other)
        below = steps[len(above)] if len(steps) > len(above) and steps[: len(above)] == above else None
        if below is not None and below in [name_of(choice) for choice in domain.choices or ()]:
            found.setdefault(other, [below])
    return found


def _in_order(given: Mapping[str, Parameter]) -> Iterator[Parameter]:
    """Parameters as they are written, but each behind those that it depends on."""
    done: set[str] = set()
    for _ in count():
        ready = [one for key, one in given.items() if key not in done and _needs(one, given) <= done]
        if not ready:
            break
        yield ready[0]
        done.add(ready[0].key)
    if left := [key for key in given if key not in done]:
        raise InputError(Problem(f"when: the conditions of {', '.join(left)} go in a circle", path=left[0]))


def _needs(parameter: Parameter, given: Mapping[str, Parameter]) -> set[str]:
    """The keys drawn before a parameter: those of its conditions, and those that it is a part of."""
    steps = path_steps(parameter.key)
    parts = {
        other for other in given if other != parameter.key and path_steps(other) == steps[: len(path_steps(other))]
    }
    return parts | {key for key in parameter.conditions if key in given}
