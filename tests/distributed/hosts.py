"""Ranks on four hosts, which are network namespaces of this machine, against what `dltool bench --ranks` predicts.

python -m tests.distributed.hosts [CONFIG] [--ranks 4] [--rates 1 10]       (as root; rates in Gb a second)

A bridge connects the namespaces, a token bucket limits what each sends and receives, and mpiexec starts a rank in each
as it would by ssh. All ranks share the cores of this machine, which also do the work of the network's cards, so what a
step takes besides sending is measured: the same ranks on the same network without a limit.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors.numpy import load_file

from dltool.bench.scaling import exchange_seconds
from tests.distributed.mpi import MPIEXEC, command

#: names of this process's own, so that several may do this at a time
NAME, NETWORK = f"dl{os.getpid()}", "10.77.0"
MLP_WIDE = Path(__file__).parents[2] / "configs" / "bench" / "mlp_wide.yaml"
#: what mpiexec calls in place of ssh: options, host, command
LAUNCHER = f"""#!/bin/sh
while [ "${{1#-}}" != "$1" ]; do shift; done
host={NAME}-${{1##*.}}; shift
exec ip netns exec $host sh -c "$*"
"""
#: bytes that may be sent at once, and the time that others may wait
BUCKET = ("burst", "256kb", "latency", "20ms")


def possible() -> bool:
    """Whether this process may make network namespaces, and limit their speed."""
    try:
        with hosts(1, 1.0):
            return MPIEXEC is not None
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def hosts(count: int, gigabits: float | None = None) -> Iterator[list[str]]:
    """Addresses of hosts on a network of some Gb a second, or one without a limit."""
    _remove(count)
    try:
        _ip("link", "add", NAME, "type", "bridge")
        _ip("link", "set", NAME, "up")
        for number in range(1, count + 1):
            host, cable = f"{NAME}-{number}", f"{NAME}v{number}"
            _ip("netns", "add", host)
            _ip("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", host)
            _ip("link", "set", cable, "master", NAME, "up")
            _ip("-n", host, "address", "add", f"{NETWORK}.{number}/24", "dev", "eth0")
            for device in ("eth0", "lo"):
                _ip("-n", host, "link", "set", device, "up")
            limited = (["-n", host, "qdisc", "add", "dev", "eth0"], ["qdisc", "add", "dev", cable]) if gigabits else ()
            for words in limited:
                _call("tc", *words, "root", "tbf", "rate", f"{gigabits}gbit", *BUCKET)
        yield [f"{NETWORK}.{number}" for number in range(1, count + 1)]
    finally:
        _remove(count)


def run(addresses: Sequence[str], words: Sequence[str | Path], **more: str) -> subprocess.CompletedProcess[str]:
    """Run dltool with a rank on each host."""
    with TemporaryDirectory() as folder:
        launcher = Path(folder) / "launcher"
        launcher.write_text(LAUNCHER)
        launcher.chmod(0o755)
        start = ["ip", "netns", "exec", f"{NAME}-1", str(MPIEXEC), "-launcher", "ssh", "-launcher-exec", str(launcher)]
        start += ["-localhost", addresses[0], "-hosts", ",".join(addresses), "-n", str(len(addresses))]
        # these hosts have one memory, which the library would use
        environment = {**os.environ, "UCX_TLS": "tcp,self", **more}
        return subprocess.run(
            [*start, *command(1, *words)],
            capture_output=True,
            text=True,
            timeout=600,
            env=environment,
            check=False,
        )


def seconds_per_step(place: Path) -> float:
    """The shortest epoch of a run, by its steps."""
    lines = [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]
    epochs = [line for line in lines if line["kind"] == "epoch"]
    return min(line["seconds"] for line in epochs) / epochs[0]["step"]


def parameter_bytes(place: Path) -> int:
    """Of what a run trains, with running statistics: slots and averages have longer names."""
    arrays = load_file(place / "checkpoints" / "last.safetensors")
    return sum(
        array.nbytes for name, array in arrays.items() if "/" not in name and name.rpartition(".")[0] not in arrays
    )


def _remove(count: int) -> None:
    for number in range(1, count + 1):
        subprocess.run(["ip", "netns", "delete", f"{NAME}-{number}"], capture_output=True, check=False)
        # with a host its cable goes, but later
        subprocess.run(["ip", "link", "delete", f"{NAME}v{number}"], capture_output=True, check=False)
    subprocess.run(["ip", "link", "delete", NAME], capture_output=True, check=False)


def _ip(*words: str) -> None:
    _call("ip", *words)


def _call(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", nargs="?", default=MLP_WIDE)
    parser.add_argument("--ranks", type=int, default=4)
    parser.add_argument("--rates", type=float, nargs="+", default=[1.0, 10.0])
    given, say = parser.parse_args(), lambda line: sys.stdout.write(f"{line}\n")
    with TemporaryDirectory() as folder:
        compute, size = _measured(given.config, given.ranks, None, Path(folder) / "unlimited")
        say(f"{given.ranks} ranks on a network without a limit: {compute * 1e3:.1f} ms a step")
        for rate in given.rates:
            measured, _ = _measured(given.config, given.ranks, rate, Path(folder) / f"at-{rate:g}")
            predicted = compute + exchange_seconds(size, given.ranks, rate * 1e9 / 8, compute)
            off = f"{measured / predicted - 1:+.0%}"
            say(f"{rate:g} Gb/s: measured {measured * 1e3:.1f} ms, predicted {predicted * 1e3:.1f} ms ({off})")


def _measured(config: str | Path, ranks: int, gigabits: float | None, place: Path) -> tuple[float, int]:
    """Seconds of a step, and bytes of what is trained."""
    words = ["train", config, "--run-dir", place, "--quiet", "--threads", 1]
    words += ["--set", f"train.shards={ranks}", "--set", "train.epochs=8"]
    with hosts(ranks, gigabits) as addresses:
        done = run(addresses, words)
    if done.returncode:
        sys.exit(done.stderr)
    return seconds_per_step(place), parameter_bytes(place)


if __name__ == "__main__":
    _main()
