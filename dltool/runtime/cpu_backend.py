"""State and runners of the cpu kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from dltool.distributed.ranks import Ranks
from dltool.kernels.cpu import library
from dltool.program.building import Network
from dltool.program.division import divide
from dltool.runtime.backend import Backend
from dltool.runtime.binding import kernels_of
from dltool.runtime.exchange import CommonExchange, CommonMemory, MessageExchange
from dltool.runtime.memory import aligned
from dltool.runtime.rank_runner import RankRunner
from dltool.runtime.runner import Runner
from dltool.runtime.state import State
from dltool.runtime.team import Team


class CpuBackend(Backend):
    """Values lie in one memory, in blocks, where the threads of a team work on them."""

    def __init__(
        self,
        training: Sequence[Network],
        evaluation: Sequence[Network],
        threads: int,
        ranks: Ranks,
        on_compile: Callable[[str, float | None], None] | None,
    ):
        self._evaluation, self._exchange = evaluation, None
        programs, division, common = [network.program for network in evaluation], None, None
        if training and ranks.size > 1:
            programs += [half for one in training for half in (one.gradient_program, one.update_program)]
            update, gradients = training[-1].update_program, training[-1].gradient_program
            division = divide(update, gradients, ranks.size, in_parcels=not ranks.share_memory)
            common = CommonMemory(ranks, division) if ranks.share_memory else None
        else:
            programs += [network.program for network in training]
        names = dict.fromkeys(name for program in programs for name in kernels_of(program))
        self._compile_seconds = library.prepare(names, on_compile)
        self._state = State(programs, division.together if division else (), common.blocks() if common else None)
        self._team = Team(threads)
        if division:
            parts = ranks, division, self._state, self._team
            self._exchange = CommonExchange(*parts, common) if common else MessageExchange(*parts)
        self._arena = aligned(max(network.program.memory.arena_bytes for network in evaluation))

    @property
    def compile_seconds(self) -> float:
        return self._compile_seconds

    def read(self, name: str) -> np.ndarray:
        return self._state.read(name)

    def runner(
        self, network: Network, data: Mapping[str, np.ndarray], instead: Mapping[str, str]
    ) -> Runner | RankRunner:
        if network in self._evaluation:  # only one of them runs at a time
            return Runner(network.program, self._state, data, self._team, instead, arena=self._arena)
        if self._exchange:
            return RankRunner(network, self._state, data, self._team, self._exchange)
        return Runner(network.program, self._state, data, self._team, instead)

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        if self._exchange:
            self._exchange.write(lambda: self._state.write(arrays))
        else:
            self._state.write(arrays)

    def gather(self) -> None:
        if self._exchange:
            self._exchange.gather()
