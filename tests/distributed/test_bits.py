"""Any number of ranks leaves the same bytes in every parameter, statistic and average, also after being resumed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dltool.caching import cache_root

from .mpi import arrays, command, needs_mpi, run, written

#: weighted classes need the targets of all ranks, augmentation and dropout the positions of samples
IMAGES: dict[str, Any] = {
    "data": {
        "synthetic": {"features": [8, 8, 3], "classes": 3, "rows": 300}, "split": {"validation": 0.2},
    },
    "augment": ["random_flip"],
    "model": [
        {"conv2d": {"filters": 8, "kernel": 3}}, "batch_norm", "relu",
        "flatten", {"dropout": 0.2}, {"dense": "classes"},
    ],
    "loss": {"cross_entropy": {"class_weights": "balanced"}},
    "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9}},
    "train": {"accumulate": 2, "batch_size": 16, "clip": None},
}  # fmt: skip


def trained(folder: Path, ranks: int, config: Path, *more: str) -> dict[str, bytes]:
    """The arrays that a training leaves."""
    place = folder / f"run-{ranks}"
    done = run(ranks, "train", config, "--run-dir", place, "--quiet", *more)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1, "only rank 0 has a screen"
    return arrays(place)


@needs_mpi
def test_one_two_and_four_ranks_leave_the_same_bytes(tmp_path: Path):
    config = written(tmp_path)
    alone = trained(tmp_path, 1, config)
    assert trained(tmp_path, 2, config) == alone
    assert trained(tmp_path, 4, config) == alone
    log = [json.loads(line) for line in (tmp_path / "run-4" / "metrics.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in log].count("epoch") == 2


#: one training after the other in the same processes, as starting them takes longer
SEVERAL = """
import json, sys
from dltool.cli.main import main

sys.exit(max(main(words) for words in json.loads(sys.argv[1])))
"""


@needs_mpi
@pytest.mark.parametrize(
    ("changes", "ranks"),
    [
        pytest.param(IMAGES, 4, id="images"),
        pytest.param(IMAGES, 2, id="images on two", marks=pytest.mark.slow),
        pytest.param({}, 4, id="table", marks=pytest.mark.slow),
    ],
)
def test_samples_in_memory_and_from_disk_come_in_the_same_order(tmp_path: Path, changes: dict[str, Any], ranks: int):
    config, disk = written(tmp_path, **changes), ("--set", "data.memory=20KB")
    alone = trained(tmp_path, 1, config)
    assert trained(tmp_path / "disk", 1, config, *disk) == alone
    places = [tmp_path / "from memory", tmp_path / "from disk"]
    trainings = [["train", str(config), "--run-dir", str(place), "--quiet"] for place in places]
    trainings[1] += disk
    words = [*command(ranks)[:3], sys.executable, "-c", SEVERAL, json.dumps(trainings)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for place in places:
        assert arrays(place) == alone


#: gradients of several parcels, and a last update that is too small for one of the ranks
WIDE: dict[str, Any] = {
    "model": [{"dense": {"units": 400, "activation": "relu"}}, "batch_norm", {"dense": 400}, {"dense": "classes"}],
    "train": {"batch_size": 100},
}


@needs_mpi
@pytest.mark.parametrize(
    ("clip", "ranks"),
    [
        ({"norm": 0.5}, 4),
        *(pytest.param(clip, ranks, marks=pytest.mark.slow) for clip, ranks in ((None, 4), (None, 2))),
    ],
)
def test_messages_bring_the_same_bytes_as_common_memory(
    tmp_path: Path, clip: Any, ranks: int, monkeypatch: pytest.MonkeyPatch
):
    config = written(tmp_path, **{**WIDE, "train": {**WIDE["train"], "clip": clip}})
    alone = trained(tmp_path, 1, config)
    monkeypatch.setenv("MPIR_CVAR_NOLOCAL", "1")  # to MPICH, each rank is then on a machine of its own
    assert trained(tmp_path, ranks, config) == alone


ONE_COPY = """
import numpy as np
from dltool.distributed.ranks import this_process

ranks = this_process()
made = ranks.made_once(lambda: {"x": np.arange(1 << 20), "empty": np.zeros((0, 3)), "y": np.ones(5)})
assert (made["x"] == np.arange(1 << 20)).all() and made["y"].sum() == 5 and made["empty"].shape == (0, 3)
assert not made["x"].flags.writeable

def memory_of(array):
    for line in open("/proc/self/maps"):
        ends, _, _, _, inode, *_ = line.split()
        low, high = (int(end, 16) for end in ends.split("-"))
        if low <= array.ctypes.data < high:
            return inode

memories = ranks.gathered(memory_of(made["x"]))
if ranks.writes:
    print(*memories)
"""


@needs_mpi
@pytest.mark.parametrize("machines", ["one", "two"])
def test_data_in_memory_is_there_once_for_all_ranks_of_a_machine(tmp_path: Path, machines: str):
    script = tmp_path / "one_copy.py"
    script.write_text(ONE_COPY)
    environment = {**os.environ, "MPIR_CVAR_ODD_EVEN_CLIQUES": str(int(machines == "two"))}
    words = [*command(4)[:3], sys.executable, script]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(Counter(done.stdout.split()).values()) == ([4] if machines == "one" else [2, 2])


#: whether a process may have others that do not see it
CAN_CONTAIN = (
    subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True, check=False).returncode
    == 0
)


@needs_mpi
@pytest.mark.skipif(not CAN_CONTAIN, reason="needs to be root")
@pytest.mark.parametrize("number", [0, 1])
def test_a_rank_in_a_container_of_its_own_exchanges_messages(tmp_path: Path, number: int):
    script, config = tmp_path / "start.sh", written(tmp_path)
    words = " ".join(command(1, "train", config, "--run-dir", tmp_path / "run-2", "--quiet"))
    contained = f"[ $PMI_RANK = {number} ] && set -- unshare --pid --fork --mount-proc"
    # by default, this library too has processes of a machine read each other's memory
    script.write_text(f'export UCX_TLS=tcp,self MPIR_CVAR_CH4_CMA_ENABLE=0\n{contained}\nexec "$@" {words}\n')
    done = subprocess.run([*command(2)[:3], "sh", script], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert arrays(tmp_path / "run-2") == trained(tmp_path, 1, config)


#: whether a process may have files that others of the machine do not see
CAN_HIDE = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


@needs_mpi
@pytest.mark.parametrize(
    "disk",
    ["shared", pytest.param("of each rank", marks=pytest.mark.skipif(not CAN_HIDE, reason="needs to be root"))],
)
def test_prepared_data_is_made_once_on_each_disk(tmp_path: Path, disk: str):
    """A rank with a disk of its own stands for one on another machine."""
    script, cache, config = tmp_path / "start.sh", tmp_path / "cache", written(tmp_path)
    words = command(1, "train", config, "--run-dir", tmp_path / "run", "--quiet", "--set", "data.memory=20KB")
    kernels = f"mkdir {cache}/dltool; ln -s {cache_root()}/kernels-* {cache}/dltool"
    hidden = f'unshare -m sh -c "mount -t tmpfs none {cache}; {kernels}; $*; ls {cache}/dltool >&2"'
    alone = "" if disk == "shared" else f"if [ $PMI_RANK = 1 ]; then set -- {hidden}; fi\n"
    script.write_text(f'export XDG_CACHE_HOME={cache}; set -- {" ".join(words)}\n{alone}exec "$@"\n')
    cache.mkdir()
    subprocess.run(["sh", "-c", kernels], check=True)
    done = subprocess.run([*command(2)[:3], "sh", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    folders = [[path.name for path in (cache / "dltool").iterdir()]]
    if disk != "shared":
        folders.append(done.stderr.split())
    for names in folders:
        assert len([name for name in names if name.startswith("data-")]) == 1
        assert not [name for name in names if name.startswith(("unfinished-", "sign-"))]
    assert arrays(tmp_path / "run") == trained(tmp_path, 1, config)


@pytest.mark.slow
@needs_mpi
def test_a_run_is_resumed_on_other_ranks(tmp_path: Path):
    config = written(tmp_path, train={"epochs": 4})
    alone = trained(tmp_path, 1, config)
    shorter = written(tmp_path)
    trained(tmp_path, 4, shorter)
    place = tmp_path / "run-4"
    done = run(2, "resume", place, "--set", "train.epochs=4", "--quiet")
    assert done.returncode == 0, done.stderr
    assert arrays(place) == alone
    assert run(2, "eval", place).stdout == run(1, "eval", place).stdout


@needs_mpi
def test_without_the_key_there_is_one_shard_for_each_rank(tmp_path: Path):
    config = written(tmp_path, train={"shards": "auto"})
    two = trained(tmp_path, 2, config)
    resolved = yaml.safe_load((tmp_path / "run-2" / "config.yaml").read_text())
    assert resolved["train"]["shards"] == 2
    assert trained(tmp_path, 1, config, "--set", "train.shards=2") == two


DENSE = [{"dense": {"units": 48, "activation": "relu"}}, {"dropout": 0.2}, {"dense": "classes"}]
CONVOLUTION = [{"conv2d": {"filters": 8, "kernel": 3}}, "relu", "flatten", {"dropout": 0.3}, {"dense": "classes"}]


@pytest.mark.parametrize("changes", [{"model": DENSE}, {**IMAGES, "model": CONVOLUTION}], ids=["table", "images"])
def test_shards_are_close_to_the_whole_batch(tmp_path: Path, changes: dict[str, Any]):
    """With dropout, augmentation, clipping and averages; batch norm is left out, as it normalizes each shard apart."""
    losses = []
    for shards in (1, 4):
        config = written(tmp_path, **{**changes, "train": {**changes.get("train", {}), "shards": shards}})
        place = tmp_path / f"shards-{shards}"
        done = run(1, "train", config, "--run-dir", place, "--quiet")
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]
        losses.append([line["loss"] for line in lines if line["kind"] == "step"])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
