"""How values are drawn and trials are stopped early: Optuna's samplers and pruners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dltool.config.sweep import Domain
from dltool.config.writing import dump_inline
from dltool.sweep.space import Parameter, rounded

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

#: trials drawn at random before TPE begins to learn, and complete ones before the median counts
STARTUP = 10
#: share of the epochs in which no trial is stopped by the median, and before the first comparison of the others
WARMUP, FIRST_RUNG = 0.25, 0.1


def make_sampler(method: str, seed: int, number: int, attempt: int = 0) -> BaseSampler:
    """The sampler for one trial: its seed comes from the trial's number, so that no two processes draw the same."""
    from optuna.samplers import RandomSampler, TPESampler

    seed = (seed * 1_000_003 + attempt * 10_007 + number) % 2**32
    if method == "random":
        return RandomSampler(seed=seed)
    return TPESampler(seed=seed, n_startup_trials=STARTUP, constant_liar=True)


def given_sampler(values: Mapping[str, Any]) -> BaseSampler:
    """A sampler that draws these values, such as a point of a grid."""
    from optuna.samplers import BaseSampler

    class Given(BaseSampler):
        """Draws what is given."""

        def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
            return {}

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
            return {}

        def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
            return values[param_name]

    return Given()


def make_pruner(pruning: str, epochs: int) -> BasePruner:
    """The pruner for trainings of a number of epochs."""
    from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner

    first = max(1, round(FIRST_RUNG * epochs))
    match pruning:
        case "median":
            return MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=max(1, round(WARMUP * epochs)))
        case "asha":
            return SuccessiveHalvingPruner(min_resource=first, reduction_factor=3)
        case "hyperband":
            return HyperbandPruner(min_resource=first, max_resource=max(first + 1, epochs))
    return NopPruner()


def draw(trial: Trial, parameter: Parameter) -> Any:
    """The value of a parameter in a trial: drawn now, or as it was drawn before."""
    domain = parameter.domain
    if domain.choices is not None:
        return value_of(domain, trial.suggest_categorical(parameter.key, [kept(domain, one) for one in domain.choices]))
    (low, high), step = domain.bounds, domain.step
    if step:
        high = low + int((high - low) / step + 1e-9) * step
    if domain.whole:
        drawn = trial.suggest_int(parameter.key, round(low), round(high), step=int(step or 1), log=domain.logarithmic)
    else:
        drawn = trial.suggest_float(parameter.key, low, high, step=step, log=domain.logarithmic)
    return value_of(domain, drawn)


def kept(domain: Domain, value: Any) -> Any:
    """A value as Optuna keeps it: a number, or a choice as text."""
    return value if domain.choices is None else dump_inline(value)


def value_of(domain: Domain, kept: Any) -> Any:
    """The value that Optuna keeps, as it stands in the config."""
    if domain.choices is not None:
        return next(choice for choice in domain.choices if dump_inline(choice) == kept)
    return int(kept) if domain.whole else rounded(kept, domain)
