"""`best.yaml`: the config of a sweep with the values of its best trial, ready to train."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from glob import glob
from pathlib import Path

from dltool.config.experiment import Experiment
from dltool.config.loading import as_written, dump_yaml
from dltool.config.writing import dump_inline
from dltool.data.dataset.config_sources import path_fields
from dltool.data.files.paths import candidates
from dltool.formatting import number, quoted
from dltool.sweep.folder import SweepFolder
from dltool.sweep.space import changes
from dltool.sweep.study import Study, Trial
from dltool.training.writing import write_whole


def write_best(
    folder: SweepFolder, study: Study, best: Trial, config: Path, overrides: Sequence[str], experiment: Experiment
) -> None:
    """Write the user's config with the values of the best trial, whose experiment this is."""
    moved = [f"{key}={dump_inline(str(path))}" for key, path in _elsewhere(experiment, config.parent, folder.root)]
    written = as_written(config, [*overrides, *changes(best.values), *moved])
    written.pop("sweep", None)
    text = dump_yaml({"name": f"{experiment.name}-best", **{k: v for k, v in written.items() if k != "name"}})
    first = study.trials[0]
    about = f"trial {best.number} of {len(study.trials)}: {study.monitor.name} {number(best.reached)}"
    if best.number and first.complete:
        about += f"; as written it was {number(first.reached)}"
    write_whole(
        folder.best,
        f"# The best values found for {config}: {about}.\n#\n#   dltool train {quoted(folder.best)}\n\n{text}",
    )


def _elsewhere(experiment: Experiment, before: Path, now: Path) -> Iterator[tuple[str, Path]]:
    """The keys of data files that would not be found from the new folder, with their absolute paths."""
    for field in path_fields(experiment.data):
        found, again = _first(field.name, before), _first(field.name, now)
        if found and (again is None or again.resolve() != found.resolve()):
            yield field.key, found.resolve()
    if experiment.init_from:
        yield "init_from.checkpoint", Path(experiment.init_from.checkpoint)


def _first(name: str, folder: Path) -> Path | None:
    """What a name stands for in a config of a folder."""
    near, above = candidates(name, [folder])
    return next((path for path in (*near, *above) if path.exists() or glob(str(path))), None)
