"""The training loop: epochs of steps, and the evaluation after each.

Each call of the engine runs many steps; their number depends on the clock, but no result does. A device gets the next
call while it still runs the one before, and losses and outputs are looked at afterwards.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isnan, nan
from typing import Any

import numpy as np

from dltool.config.data import PARTS
from dltool.errors import RunError
from dltool.runtime.feed import Span
from dltool.training.baselines import Baselines, compared
from dltool.training.call import Call
from dltool.training.checkpoint import Checkpoint, decode, section
from dltool.training.counters import Counters
from dltool.training.divergence import DivergedError, check_losses, count_finite
from dltool.training.events import EpochEnded, Listener, Progress, RateLowered, Warned
from dltool.training.job import Job
from dltool.training.keeper import Keeper
from dltool.training.meter import Meter
from dltool.training.metrics_log import MetricsLog, NoLog, read_epochs
from dltool.training.outcome import Outcome
from dltool.training.pace import Pace
from dltool.training.run_directory import RunDirectory
from dltool.training.tensorboard import EventFiles

_METER = "meter/"


class Trainer:
    """One run of a job, from its start or from a checkpoint; all ranks run it alike, rank 0 writes the files."""

    def __init__(
        self,
        job: Job,
        run: RunDirectory,
        *,
        notify: Listener,
        stop: Callable[[], bool],
        checkpoint: Checkpoint | None = None,
    ):
        self._job, self._run, self._notify, self._stop = job, run, notify, stop
        self._train = job.experiment.train
        self._pace = Pace()
        self._warned: set[str] = set()
        self._calls: deque[Call] = deque()  # begun, and not looked at
        self._finished = 0.0  # when the last one was
        self._counters = Counters()
        self._meter = job.meter()
        if checkpoint:
            self._counters = Counters.from_arrays(checkpoint.trainer)
            self._meter.restore(section(checkpoint.trainer, _METER))
            job.restore(checkpoint)
            self._baselines = Baselines.stored(checkpoint.trainer, job.dataset.signature)
        else:
            self._baselines = Baselines.fitted(job.dataset.parts["train"], job.dataset.signature)
        self._ranks = ranks = job.ranks
        followers = [EventFiles(run.tensorboard)] if "tensorboard" in self._train.log else []
        self._log = (
            MetricsLog(run.metrics, keep=self._counters.log_bytes, followers=followers) if ranks.writes else NoLog()
        )
        self._lines = ranks.told(read_epochs(run.metrics) if ranks.writes else [])
        minutes = self._train.checkpoint_minutes
        self._keeper = Keeper(run, self._snapshot, before=self._log.flush, minutes=minutes, ranks=ranks)
        self._clock = time.monotonic()

    def run(self) -> Outcome:
        """Train to the end or until `stop`, then measure; raises `RunError`, leaving the last checkpoint in place."""
        with self._closing():
            return self._end(self._trained())

    def train(self, *, stopped: Callable[[], str]) -> tuple[str, Counters]:
        """Train only, without the test part and the baselines; returns why it ended, `stopped()` if `stop` said so."""
        with self._closing():
            reason = self._trained()
            reason = stopped() if reason == "signal" else reason
            self._log_end(reason, {})
            return reason, self._counters

    @contextmanager
    def _closing(self) -> Iterator[None]:
        try:
            yield
        except DivergedError:
            self._log.append([{"kind": "end", "reason": "diverged"}])
            raise
        finally:
            self._job.feed.close()
            self._log.close()

    def _trained(self) -> str:
        """Train to the end or until `stop`, and save; returns why it ended."""
        reason = self._train_epochs()
        self._keeper.finish()
        return reason

    def _train_epochs(self) -> str:
        while (reason := self._job.judge.reason_to_end(self._counters)) is None:
            while self._counters.update < self._job.batching.updates:
                started = time.monotonic()
                span = self._span()
                if span is None:
                    return "signal"
                self._calls.append(self._begin_steps(span, started))
                self._finish_steps(ahead=self._job.engine.ahead)
                self._keeper.within_epoch()
            self._close_epoch()
        return reason

    def _span(self) -> Span | None:
        """The next samples, attached to the engine; None if training should stop."""
        if self._stop():
            return None
        try:
            position = self._counters.update * self._job.batching.update_size
            stopped = self._stop if self._ranks.size == 1 else lambda: False  # ranks stop together
            span = self._job.feed.span(self._counters.epoch, position, stopped)
        except RunError:  # the samples cannot be read, but the parameters are good
            if self._ranks.size == 1:  # several ranks only save together
                self._keeper.finish()
            raise
        if span:
            self._job.engine.attach_span(span)
        return span

    def _begin_steps(self, span: Span, started: float) -> Call:
        counters, batching = self._counters, self._job.batching
        count = self._updates(span)
        compiled = self._job.engine.compile_seconds
        steps = counters.step + np.arange(count, dtype=np.int64)
        rates = counters.multiplier * self._job.learning_rates(steps, self._train.epochs)
        updates = counters.update + np.arange(count)
        rows = batching.update_rows(updates)
        needed = self._meter.wants_outputs or self._job.network.weighs
        targets = self._job.targets(span, counters.epoch, updates) if needed else None
        weights = self._job.network.weights(targets, rows)
        plan = batching.plan(
            self._job.scalars(steps, rates),
            first_update=counters.update,
            epoch=counters.epoch,
            step=counters.step,
            weights=weights,
            networks=None if span.networks is None else span.networks[updates],
            stretch=self._job.stretch,
        )
        result = self._job.engine.begin("train", plan, collect=self._meter.wants_outputs)
        started += self._job.engine.compile_seconds - compiled
        call = Call(
            result=result,
            first=plan.first,
            epoch=counters.epoch,
            update=counters.update,
            step=counters.step,
            rates=rates,
            rows=rows,
            weights=weights,
            targets=targets,
            started=started,
        )
        counters.step += count
        counters.update += count
        return call

    def _finish_steps(self, *, ahead: int = 0) -> None:
        """Wait for calls, and look at what they gave; the `ahead` last ones may go on."""
        while len(self._calls) > ahead:
            self._finish(self._calls.popleft())

    def _finish(self, call: Call) -> None:
        result = call.result()
        now = time.monotonic()
        losses = np.add.reduceat(result.losses.astype(np.float64), np.flatnonzero(call.first))
        self._log.append(call.lines(losses[: count_finite(losses)], self._train.log_every))
        check_losses(losses, call.rates, step=call.step, epoch=call.epoch)
        self._meter.add_losses(losses * call.weights, call.weights)
        if result.outputs is not None and call.targets is not None:
            self._meter.add_outputs(result.outputs, call.targets)
        self._tick()
        seconds = now - max(call.started, self._finished)
        self._pace.trained(updates=len(losses), samples=int(call.rows.sum()), seconds=seconds)
        self._finished = now
        self._notify(self._progress(call, float(losses.mean())))

    def _updates(self, span: Span) -> int:
        """How many updates the next call runs: whole stretches, so that no result depends on the clock."""
        batching, stretch, done = self._job.batching, self._job.stretch, self._counters.update
        left = batching.updates_before(span.stop) - done
        rest = (batching.updates_before(span.first) - done) % stretch  # of a stretch that another device has begun
        wanted = self._ranks.told(self._pace.updates(left))
        return min(left, rest or max(1, wanted // stretch) * stretch)

    def _close_epoch(self) -> None:
        self._finish_steps()
        counters = self._counters
        results = {"train": self._result(self._meter)}
        if "validation" in self._job.dataset.parts:
            started = time.monotonic()
            meter = self._job.evaluate("validation")
            results["validation"] = self._result(meter)
            counters.threshold = nan if meter.threshold is None else meter.threshold
            self._pace.evaluated(time.monotonic() - started)
            if meter.weighs and not np.isfinite(results["validation"]["loss"]):
                raise DivergedError(
                    f"the validation loss is {results['validation']['loss']} after epoch {counters.epoch + 1}"
                )
        counters.epoch += 1
        self._tick()
        line = {"kind": "epoch", "epoch": counters.epoch, "step": counters.step, **results}
        if self._job.positive_class:
            line["positive_class"] = self._job.positive_class
        line["seconds"] = round(counters.epoch_seconds, 6)
        self._log.append([line])
        self._lines.append(line)
        counters.update, counters.epoch_seconds = 0, 0.0
        self._meter = self._job.meter()
        multiplier = counters.multiplier
        best = self._job.judge.after_epoch(results, counters)
        self._notify(EpochEnded(line, best))
        if counters.multiplier < multiplier:
            self._notify(RateLowered(counters.multiplier))
        self._keeper.after_epoch(best=best)

    def _end(self, reason: str) -> Outcome:
        """Measure the best parameters on the test part, and compare them with baselines."""
        counters, line = self._counters, dict[str, Any]()
        metrics_epoch = counters.best_epoch or counters.epoch  # the epoch of the reported checkpoint
        results = {
            part: one[part] for one in self._lines if one["epoch"] == metrics_epoch for part in PARTS if part in one
        }
        if reason != "signal":
            threshold = self._restore_best()
            if "test" in self._job.dataset.parts:
                results["test"] = line["test"] = self._result(self._job.evaluate("test", threshold))
                line["test_of_epoch"] = metrics_epoch
        self._log_end(reason, line)
        baselines, remark = self._compared(results) if reason != "signal" else ({}, "")
        return Outcome(
            reason=reason,
            epochs=counters.epoch,
            steps=counters.step,
            seconds=counters.seconds,
            metrics=results,
            metrics_epoch=metrics_epoch,
            positive_class=self._job.positive_class,
            best=self._best(),
            baselines=baselines,
            remark=remark,
            checkpoint=self._run.best if self._run.best.exists() else self._run.last,
        )

    def _restore_best(self) -> float | None:
        """Go back to the parameters of the best epoch, if there is one; the threshold of the decision there."""
        counters, threshold = self._counters, self._counters.threshold
        if not counters.best_epoch:
            name = self._job.judge.best.name
            self._warn(f"there is no best epoch: '{name}' was never defined; the last parameters are kept")
        elif counters.best_epoch < counters.epoch:
            best = self._ranks.told(decode(self._run.best) if self._ranks.writes else None)
            assert best
            self._job.restore(best)
            threshold = Counters.from_arrays(best.trainer).threshold
        return None if isnan(threshold) else threshold

    def _log_end(self, reason: str, more: dict[str, Any]) -> None:
        """Write the last line."""
        self._tick()
        counters = self._counters
        line = {"kind": "end", "reason": reason, "epoch": counters.epoch, "step": counters.step, **more}
        self._log.append([{**line, "seconds": round(counters.seconds, 6)}])

    def _compared(self, results: dict[str, dict[str, Any]]) -> tuple[dict[str, dict[str, float]], str]:
        """Metrics of the baselines on the test or validation part, and a remark if one beats the network."""
        if not self._ranks.writes:
            return self._ranks.told(({}, ""))
        job = self._job
        return self._ranks.told(compared(results, self._baselines, job.experiment, job.dataset, job.network.quantiles))

    def _result(self, meter: Meter) -> dict[str, Any]:
        results = meter.result()
        for text in meter.undefined:
            self._warn(text)
        return results

    def _warn(self, text: str) -> None:
        """Send a warning once."""
        if text not in self._warned:
            self._notify(Warned(text))
            self._warned.add(text)

    def _best(self) -> dict[str, Any] | None:
        epoch, value = self._counters.best_epoch, self._counters.best_value
        return {"epoch": epoch, "monitor": self._job.judge.best.name, "value": value} if epoch else None

    def _snapshot(self) -> Checkpoint:
        self._finish_steps()
        self._counters.log_bytes = self._log.size
        meter = {_METER + name: array for name, array in self._meter.state().items()}
        return self._job.checkpoint(self._counters.arrays() | meter | self._baselines.kept)

    def _progress(self, call: Call, loss: float) -> Progress:
        batching, count = self._job.batching, len(call.rates)
        epochs = self._train.epochs - call.epoch
        samples = epochs * batching.epoch_samples - (call.update + count) * batching.update_size
        return Progress(
            epoch=call.epoch + 1,
            update=call.update + count,
            updates=batching.updates,
            step=call.step + count,
            loss=loss,
            learning_rate=float(call.rates[-1]),
            samples_per_second=self._pace.samples_per_second,
            seconds_left=self._pace.seconds_left(max(samples, 0), epochs),
        )

    def _tick(self) -> None:
        now = time.monotonic()
        self._counters.seconds += now - self._clock
        self._counters.epoch_seconds += now - self._clock
        self._clock = now
