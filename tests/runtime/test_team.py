"""The team of threads."""

from __future__ import annotations

import threading

import pytest

from dltool.runtime.team import Team


@pytest.mark.parametrize("size", [1, 2, 5])
def test_every_thread_does_its_part_once(size: int):
    team = Team(size)
    for _ in range(3):
        done: list[tuple[int, str]] = []
        team.run(lambda number, done=done: done.append((number, threading.current_thread().name)))
        assert sorted(number for number, _ in done) == list(range(size))
        assert len({thread for _, thread in done}) == size


def test_threads_end_with_their_team():
    before = set(threading.enumerate())
    team = Team(3)
    team.run(lambda number, team=team: None)  # work that holds the team
    own = set(threading.enumerate()) - before
    assert len(own) == 2
    del team
    for thread in own:
        thread.join(timeout=5)
        assert not thread.is_alive()
