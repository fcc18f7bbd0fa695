"""Kills ranks at random moments, goes on with other numbers of ranks, and compares the end with that of a run in peace.

python -m tests.distributed.kills [NUMBER] [--seed 0]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .mpi import arrays, command, ranks_of, run, written

#: seconds after which all ranks must have ended once one was killed
LIMIT = 15
RANKS = (1, 2, 4)  # that four shards fit
#: seconds from the start to the kill: from before the ranks have met to well into the training
MOMENTS = (0.1, 3.0)
CHANGES = {"train": {"epochs": 60}}


def kill_at_random(number: int, seed: int, folder: Path) -> Iterator[str]:
    """A line for each kill and each run that came to its end; raises AssertionError if one is not as it should be."""
    chance = random.Random(seed)
    config = written(folder, **CHANGES)
    run(1, "train", config, "--run-dir", folder / "peace", "--quiet")
    expected, killed, turn = arrays(folder / "peace"), 0, 0
    while killed < number:
        place, turn = folder / f"run-{turn}", turn + 1
        for ranks, seconds in _run_with_kills(chance, config, place):
            killed += 1
            yield f"{killed}: one of {ranks} killed, all ended {seconds:.1f} s later"
        assert arrays(place) == expected, f"{place.name} ended with other bytes"
        yield f"{place.name} ended with the bytes of a run in peace"


def _run_with_kills(chance: random.Random, config: Path, place: Path) -> Iterator[tuple[int, float]]:
    """Train until a run is complete: of each kill, the number of ranks and the seconds until all had ended."""
    while True:
        ranks = chance.choice(RANKS)
        begun = (place / "config.yaml").exists()
        words = command(ranks, *(["resume", place] if begun else ["train", config, "--run-dir", place]), "--quiet")
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                _, errors = process.communicate(timeout=chance.uniform(*MOMENTS))
                started = None
            except subprocess.TimeoutExpired:
                os.kill(chance.choice(ranks_of(process.pid) or [process.pid]), signal.SIGKILL)
                started = time.monotonic()
                _, errors = process.communicate(timeout=LIMIT)
        assert "Traceback" not in errors, errors
        if process.returncode == 0:  # a kill may come when all has been done
            return
        assert started is not None, errors
        yield ranks, time.monotonic() - started


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        for line in kill_at_random(given.number, given.seed, Path(folder)):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _main()
