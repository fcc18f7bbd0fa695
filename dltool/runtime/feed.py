"""Where training takes its samples from: memory that holds them all, or spans of an epoch filled from a file.

A span is the samples at some consecutive positions of an epoch. In memory one span is the whole epoch, and the
program takes its rows in the order of the epoch. From a file, a thread puts the samples of the next span into that
order while the program passes over the present one. Every sample comes at the same position either way. Where the
program runs on a device, that thread also copies the span there.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.data.store.reader import StoredSamples
from dltool.distributed.ranks import ALONE, Ranks
from dltool.kernels.cpu import library
from dltool.runtime.buckets import BucketOrder
from dltool.runtime.filling import SORT, SPREAD, Filler
from dltool.runtime.order import EpochOrder
from dltool.runtime.share import WHOLE, Share

#: seconds between looks at whether a wait for a span should end
PATIENCE = 0.05

Stopped = Callable[[], bool]
#: copies samples to a device, where the engine takes them from
ToDevice = Callable[[Samples], Mapping[str, Any]]


@dataclass(frozen=True)
class Span:
    """The samples at the positions from `first` to before `stop` of an epoch.

    They are in that order, or in that of the data where the program puts them in order.
    """

    first: int
    stop: int
    samples: Samples
    networks: np.ndarray | None = None  # the number of the network that each update of the epoch trains, of several
    share: Share = WHOLE  # which of them this rank has
    on_device: Mapping[str, Any] | None = None  # copies of the samples, perhaps with other rows behind them


class Feed(ABC):
    """Samples to train on."""

    #: how many consecutive samples one span has and one network trains on; at the end of an epoch perhaps fewer
    samples: int

    @abstractmethod
    def span(self, epoch: int, position: int, stopped: Stopped) -> Span | None:
        """The span that holds a position of an epoch, when it is ready; None once `stopped()`.

        It is valid until another one is asked for. Raises RunError where the samples cannot be read.
        """

    @abstractmethod
    def targets(self, span: Span, epoch: int, low: int, high: int) -> np.ndarray:
        """The targets of the samples at the positions from `low` to before `high`, all within the span.

        Both are starts of an update, or the end of the span. All ranks call this together.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop background work; the next call of `span` restarts it."""


class Resident(Feed):
    """Samples that are all in memory."""

    def __init__(self, part: Samples, order: EpochOrder, epoch_samples: int):
        self._span, self._order, self.samples = Span(0, epoch_samples, part), order, epoch_samples

    def span(self, epoch: int, position: int, stopped: Stopped) -> Span | None:
        return self._span

    def targets(self, span: Span, epoch: int, low: int, high: int) -> np.ndarray:
        rows = np.empty(high - low, np.int64)
        self._order.take(epoch, low, rows)
        return span.samples.targets[rows]

    def close(self) -> None:
        """Nothing to stop."""


class Bucketed(Feed):
    """Samples in memory, in an order in which neighbors are of similar length; each update has a network for that.

    Each of several ranks has its share of every update of `update_size` samples.
    """

    def __init__(self, part: Samples, order: BucketOrder, update_size: int, ranks: Ranks = ALONE):
        self._part, self._order, self.samples = part, order, update_size
        self._share = Share.of_rank(update_size, ranks.number, ranks.size)
        self._epoch, self._rows, self._span = -1, np.empty(0, np.int64), None

    def span(self, epoch: int, position: int, stopped: Stopped) -> Span | None:
        if epoch != self._epoch:
            self._rows, networks = self._order.epoch(epoch)
            samples = self._part.taken(self._rows[self._share.chosen(0, len(self._rows))])
            self._epoch, self._span = epoch, Span(0, len(self._rows), samples, networks, self._share)
        return self._span

    def targets(self, span: Span, epoch: int, low: int, high: int) -> np.ndarray:
        return self._part.targets[self._rows[low:high]]

    def close(self) -> None:
        self._epoch, self._span = -1, None


class Streamed(Feed):
    """Samples in a file, in spans of at most `samples`; two are in memory at any time.

    Each of several ranks has its share of every update of `update` samples.
    """

    def __init__(
        self,
        part: StoredSamples,
        order: EpochOrder,
        *,
        epochs: int,
        epoch_samples: int,
        samples: int,
        update: int,
        ranks: Ranks = ALONE,
        to_device: ToDevice | None = None,
        on_compile: Callable[[str, float | None], None] | None = None,
    ):
        library.prepare((order.kernel, SORT, SPREAD), on_compile)
        self._epochs, self._epoch_samples, self.samples = epochs, epoch_samples, samples
        self._ranks = ranks
        self._shares = [Share.of_rank(update, number, ranks.size) for number in range(ranks.size)]
        self._share = self._shares[ranks.number]
        own = self._share.count(samples)
        self._filler, self._to_device = Filler(part, order, own, self._share), to_device
        self._buffers = [part.layout.empty(own) for _ in range(2)]
        self._present: _Filling | None = None
        self._next: _Filling | None = None

    def span(self, epoch: int, position: int, stopped: Stopped) -> Span | None:
        place = epoch, position // self.samples * self.samples
        if self._present is None or self._present.place != place:
            if self._next is None or self._next.place != place:
                self.close()
                self._next = self._begin(place)
            if not self._next.ready(stopped):
                return None
            self._present, self._next = self._next, None
            following = self._following(*place)
            self._next = self._begin(following) if following else None
        return self._present.span

    def targets(self, span: Span, epoch: int, low: int, high: int) -> np.ndarray:
        begin, end = self._share.count(low - span.first), self._share.count(high - span.first)
        own = span.samples.targets[begin:end]
        if self._ranks.size == 1:
            return own.copy()  # the buffer may be filled again before they are looked at
        whole = np.empty((high - low, *own.shape[1:]), own.dtype)
        for share, targets in zip(self._shares, self._ranks.gathered(own), strict=True):
            whole[share.chosen(0, high - low)] = targets
        return whole

    def close(self) -> None:
        if self._next:
            self._next.end()
        self._present = self._next = None

    def _following(self, epoch: int, first: int) -> tuple[int, int] | None:
        first += self.samples
        if first < self._epoch_samples:
            return epoch, first
        return None if epoch + 1 == self._epochs else (epoch + 1, 0)

    def _begin(self, place: tuple[int, int]) -> _Filling:
        """Fill the span at a place, an epoch and a position, into the buffer that is not in use."""
        _, first = place
        stop = min(first + self.samples, self._epoch_samples)
        self._buffers.reverse()
        own = self._buffers[0].rows(0, self._share.count(stop - first))
        span = Span(first, stop, own, share=self._share)
        to_device = partial(self._to_device, self._buffers[0]) if self._to_device else None
        return _Filling(self._filler, place, span, to_device)


class _Filling:
    """A span that a background thread is filling."""

    def __init__(
        self, filler: Filler, place: tuple[int, int], span: Span, to_device: Callable[[], Mapping[str, Any]] | None
    ):
        self.place, self.span = place, span
        self._filler, self._to_device, self._ended = filler, to_device, threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._fill, name="dltool-feed", daemon=True)
        self._thread.start()

    def ready(self, stopped: Stopped) -> bool:
        """Wait until the span is filled, or until `stopped()`; raises what went wrong."""
        while self._thread.is_alive():
            if stopped():
                return False
            self._thread.join(PATIENCE)
        if self._error:
            raise self._error
        return True

    def end(self) -> None:
        """Break off."""
        self._ended.set()
        self._thread.join()

    def _fill(self) -> None:
        epoch, first = self.place
        try:
            self._filler.fill(self.span.samples, epoch, first, self._ended.is_set)
            if self._to_device and not self._ended.is_set():
                self.span = replace(self.span, on_device=self._to_device())
        except Exception as error:  # the main thread raises it
            self._error = error
