"""The learning rate range test: train a few steps while the rate grows from far too small to far too large.

Leslie N. Smith, Cyclical Learning Rates for Training Neural Networks (2017), section 3.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dltool.errors import RunError
from dltool.training.job import Job

#: weight of the past in the smoothed loss
SMOOTHING = 0.9
#: the test ends where the smoothed loss is this many times its lowest value
DIVERGED = 4.0
#: shares of the descent between which most of it lies
BEGIN, END = 0.1, 0.9
#: deviations of the smoothed loss that a descent must exceed
SURE = 4.0
#: and the share of the first losses
LEAST = 0.01


@dataclass(frozen=True)
class RateTest:
    """Losses at growing learning rates, one for each step that was made."""

    rates: np.ndarray  # (n,)
    losses: np.ndarray  # (n,)
    steps: int  # that were planned; fewer were made if training diverged

    @property
    def smoothed(self) -> np.ndarray:
        """Exponential means (n,) of the losses, forwards and backwards, so that no step lags behind.

        What lies far above the first losses is cut off, or it would reach back.
        """
        losses = np.minimum(self.losses, 2 * self.losses[: self._beginning].max())
        return _means(_means(losses)[::-1])[::-1]

    @property
    def lowest(self) -> int:
        """The step with the lowest smoothed loss."""
        return int(self.smoothed.argmin())

    @property
    def suggestion(self) -> float | None:
        """The middle, on a logarithmic scale, of the rates between which most of the descent lies.

        None if the loss does not fall by more than chance lets it.
        """
        smoothed, lowest = self.smoothed, self.lowest
        before = smoothed[: self._beginning].mean()
        chance = (self.losses - smoothed)[: lowest + 1].std() * np.sqrt(1 - SMOOTHING)
        fall = before - smoothed[lowest]
        if lowest < self._beginning or not fall > max(SURE * chance, LEAST * abs(before)):
            return None
        fallen = (before - smoothed[: lowest + 1]) / fall
        begin = int(np.flatnonzero(fallen < BEGIN)[-1]) if (fallen < BEGIN).any() else 0
        end = begin + int(np.flatnonzero(fallen[begin:] >= END)[0])
        return float(f"{np.sqrt(self.rates[begin] * self.rates[end]):.2g}")

    @property
    def _beginning(self) -> int:
        """The number of steps that show the loss before it falls."""
        return max(1, self.steps // 10)


def _means(losses: np.ndarray) -> np.ndarray:
    """The exponential mean (n,) of each loss and those before it, without bias towards zero."""
    mean, made = 0.0, []
    for step, loss in enumerate(losses.tolist(), start=1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        made.append(mean / (1 - SMOOTHING**step))
    return np.array(made)


def range_test(job: Job, low: float, high: float, steps: int) -> RateTest:
    """Train up to `steps` steps with rates from `low` to `high`, each a constant factor larger than the one before.

    Ends early once the loss has grown far beyond its lowest value. The job is used up. Raises RunError if not even the
    first losses are finite.
    """
    rates = np.geomspace(low, high, steps)
    losses: list[float] = []
    for loss in _losses(job, rates):
        losses.append(loss)
        if not np.isfinite(loss):
            losses.pop()
            break
        smoothed = _means(np.array(losses))
        if len(losses) > steps // 10 and smoothed[-1] > DIVERGED * smoothed.min() > 0:
            break
    job.feed.close()
    if len(losses) < 3:
        raise RunError(
            f"the loss is not finite from the first steps on, at a learning rate of {low:g}; try a lower --low"
        )
    return RateTest(rates[: len(losses)], np.array(losses), steps)


def _losses(job: Job, rates: np.ndarray) -> Iterator[float]:
    """The loss of each step, made when it is asked for."""
    batching = job.batching
    for step, rate in enumerate(rates):
        epoch, update = divmod(step, batching.updates)
        span = job.feed.span(epoch, update * batching.update_size, lambda: False)
        if span is None:
            return
        job.engine.attach_span(span)
        updates = np.array([update])
        weights = None
        if job.network.weighs:
            weights = job.network.weights(job.targets(span, epoch, updates), batching.update_rows(updates))
        scalars = job.scalars(np.array([step]), np.array([rate]))
        networks = None if span.networks is None else span.networks[updates]
        plan = batching.plan(scalars, first_update=update, epoch=epoch, step=step, weights=weights, networks=networks)
        result = job.engine.train("train", plan, collect=False)
        yield float(result.losses.astype(np.float64).sum())
