"""`dltool sweep CONFIG`: trials with different values of some keys, in several processes; the best one's config."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any

import typer

from dltool.cli.commands.resume import resume_run
from dltool.cli.screen.sweep_progress import LiveSweep, PlainSweep, QuietSweep, SweepHeading, SweepViewer
from dltool.cli.screen.table import write_table
from dltool.cli.screen.viewer import Viewer
from dltool.cli.typed_config import load_typed
from dltool.config.differences import differing
from dltool.config.document import read_document
from dltool.config.experiment import Experiment
from dltool.config.loading import dump_yaml, resolved
from dltool.config.reading import read_config
from dltool.config.sweep import as_written
from dltool.config.writing import dump_inline
from dltool.data.files.quoting import plural
from dltool.errors import InputError, Problem, RunError
from dltool.formatting import duration, metrics_line, number, quoted, scalar_metrics
from dltool.report.sweep_page import SweepContent, TrialContent, sweep_page
from dltool.sweep.best import write_best
from dltool.sweep.checking import checked_space
from dltool.sweep.folder import SWEEPS, SweepFolder
from dltool.sweep.journal import require_optuna
from dltool.sweep.space import Space, changes
from dltool.sweep.study import Study, Trial
from dltool.sweep.sweeping import Sweeping, look, share_of_cores
from dltool.sweep.team import Team
from dltool.training.initial import with_checkpoint
from dltool.training.judge import Judge
from dltool.training.recorded_run import RecordedRun
from dltool.training.saving import write_whole
from dltool.training.signals import stopping_on_signals
from dltool.training.strict_json import to_json

#: trials in the table at the end; the page has all
SHOWN = 15


def sweep(
    config: Path,
    *,
    overrides: Sequence[str],
    sweep_dir: Path | None,
    workers: int | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Run the sweep of a config, or go on with it; returns the exit code. Nothing is written before all is checked."""
    require_optuna()

    def variant(values: Mapping[str, Any]) -> Experiment:
        experiment = load_typed(config, [*overrides, *changes(values)])
        return with_checkpoint(experiment, [config.parent], None)

    experiment = variant({})
    space = checked_space(config, overrides, experiment)
    _require_comparable(experiment)
    assert experiment.sweep is not None
    folder = SweepFolder(sweep_dir or SWEEPS / experiment.name)
    _require_same(folder, experiment)
    limit = experiment.sweep.trials
    count, threads = share_of_cores(experiment.train.threads, experiment.train.device, workers, limit)
    viewer = _viewer(quiet=quiet, as_json=as_json)
    study = _begun(folder, experiment, space, count) if folder.config.exists() else None
    finished = study is not None and study.finished
    with stopping_on_signals() as stop, Team() as team:
        with viewer:
            if not finished:
                viewer.looked(look(team.hire(), resolved(experiment), [config.parent]))
            study = study or _begun(folder, experiment, space, count)

            def keep_best() -> None:
                if best := study.best:
                    write_best(folder, study, best, config, overrides, variant(best.values))

            viewer.begin(_heading(study, experiment, count))
            sweeping = Sweeping(
                folder, study, variant, [config.parent], threads, viewer, lambda: stop.signal is not None, keep_best
            )
            stopped = sweeping.run(team, 0 if finished else count)
        keep_best()
    running = [trial for trial in study.trials if trial.ended is None]
    if study.best and not stopped and not running:
        _complete(folder, study.best, viewer.warn)
    write_whole(folder.report, sweep_page(_content(experiment, folder, study)))
    if finished:
        viewer.say(
            f"this sweep is complete; for more trials: dltool sweep {quoted(config)} --trials {2 * len(study.trials)}"
        )
    _write(folder, study, config, stopped=stopped, quiet=quiet, as_json=as_json, warnings=viewer.warnings)
    return 128 + stop.signal if stopped and stop.signal else 0


def _require_comparable(experiment: Experiment) -> None:
    """Raises InputError if the metric that decides which epoch is best cannot decide which trial is."""
    monitor, varying = Judge(experiment).best, experiment.sweep.parameters if experiment.sweep else ()
    if monitor.part != "validation":
        message = f"trials are compared by '{monitor.name}', which says nothing about new data; choose another"
        raise InputError(Problem(message, path="train.monitor"))
    if monitor.metric == "loss" and any(key.split(".")[0] == "loss" for key in varying):
        message = "trials are compared by their validation loss, which means something else with each loss"
        raise InputError(Problem(f"{message}; choose a metric: train.monitor", path="sweep"))


def _begun(folder: SweepFolder, experiment: Experiment, space: Space, workers: int) -> Study:
    """The study, and its folder with the config."""
    assert experiment.sweep is not None
    folder.prepare()
    if not folder.config.exists():
        text = dump_yaml({**resolved(experiment), "sweep": as_written(experiment.sweep)})
        write_whole(folder.config, f"# The config of this sweep with every default filled in.\n{text}")
    train = experiment.train
    monitor = Judge(experiment).best
    return Study(folder, experiment.sweep, space, monitor, epochs=train.epochs, seed=train.seed, workers=workers)


def _require_same(folder: SweepFolder, experiment: Experiment) -> None:
    """Raises InputError if the folder holds another sweep: trials of different configs cannot be compared."""
    if not folder.config.exists():
        if folder.root.is_dir() and any(folder.root.iterdir()):
            hint = "the directory is not empty, and holds no sweep; choose another: --sweep-dir DIR"
            raise InputError(Problem(hint, str(folder.root)))
        return
    before = read_document(read_config(folder.config), str(folder.config)).root.plain()
    assert experiment.sweep is not None
    now = {**resolved(experiment), "sweep": as_written(experiment.sweep)}
    for one in (before, now):
        one["sweep"] = {
            key: value for key, value in one.get("sweep", {}).items() if key not in ("trials", "time", "pruning")
        }
        if one["sweep"].get("method") != "grid":
            one["sweep"].pop("method", None)
        one["train"] = {key: value for key, value in one["train"].items() if key != "threads"}
    if different := differing([before, now]):
        message = (
            f"holds a sweep of another config, which differs in {', '.join(different)}; "
            "choose another directory, --sweep-dir DIR, or remove this one"
        )
        raise InputError(Problem(message, str(folder.root)))


def _heading(study: Study, experiment: Experiment, workers: int) -> SweepHeading:
    best, ended = study.best, sum(trial.ended is not None for trial in study.trials)
    return SweepHeading(
        name=experiment.name,
        metric=study.monitor.name,
        higher_is_better=study.monitor.higher_is_better,
        epochs=experiment.train.epochs,
        workers=workers,
        limit=study.limit,
        before=ended,
        **({"best": best.reached} if best else {}),
    )


def _viewer(*, quiet: bool, as_json: bool) -> SweepViewer:
    if as_json:
        return SweepViewer()
    if quiet:
        return QuietSweep()
    return LiveSweep() if sys.stdout.isatty() else PlainSweep()


def _complete(folder: SweepFolder, best: Trial, warn: Callable[[str], None]) -> None:
    """Measure the best trial on the test part, which no other trial has seen, and make its report."""
    run = folder.trial(best.number)
    try:
        resume_run(run, Viewer(), [])
    except (InputError, RunError) as error:
        warn(f"trial {best.number} could not be measured: {error.problems[0]}")


def _content(experiment: Experiment, folder: SweepFolder, study: Study) -> SweepContent:
    """What the page says."""
    best, domains = study.best, experiment.sweep.parameters if experiment.sweep else {}
    run = RecordedRun(folder.trial(best.number)) if best else None
    return SweepContent(
        name=experiment.name,
        folder=str(folder.root),
        metric=study.monitor.name,
        higher_is_better=study.monitor.higher_is_better,
        trials=[
            TrialContent(
                trial.number,
                trial.values,
                trial.reached,
                _ending(trial),
                trial.complete,
                trial.epochs,
                trial.ended.seconds if trial.ended else 0.0,
                trial.curve,
            )
            for trial in study.trials
        ],
        importances=study.importances(),
        choices={key: domain.choices for key, domain in domains.items() if domain.choices is not None},
        logarithmic=[key for key, domain in domains.items() if domain.logarithmic],
        test=scalar_metrics(run.end.get("test", {})) if run else {},
        command=f"dltool train {quoted(folder.best)}",
    )


def _ending(trial: Trial) -> str:
    """How a trial ended, in a word or two."""
    if trial.ended is None:
        return "unfinished"
    return "as written" if trial.number == 0 and trial.complete else trial.ended.reason.replace("_", " ")


def _write(
    folder: SweepFolder,
    study: Study,
    config: Path,
    *,
    stopped: bool,
    quiet: bool,
    as_json: bool,
    warnings: Sequence[str],
) -> None:
    """Write what came out."""
    trials, best, monitor = study.trials, study.best, study.monitor
    run = RecordedRun(folder.trial(best.number)) if best else None
    if as_json:
        typer.echo(to_json(_as_data(folder, study, run, stopped, warnings)))
        return
    again = f"dltool sweep {quoted(config)}"
    ended = sum(trial.ended is not None for trial in trials)
    if quiet:
        found = (
            f"trial {best.number}: {monitor.name} {number(best.reached)} · {folder.best}"
            if best
            else "no trial is complete"
        )
        typer.echo(f"{ended} trials · {found}" + (f" · to continue: {again}" if stopped else ""))
        return
    _write_trials(study)
    if best and run:
        _write_best(folder, study, best, run)
    for key, share in list(study.importances().items())[:5]:
        typer.echo(f"mattered   {share:4.0%}  {key}")
    typer.echo(f"report     {folder.report}")
    running = len(trials) - ended
    if stopped:
        typer.echo(f"stopped by a signal; to continue: {again}")
        return
    if running:
        typer.echo(f"note       {plural(running, 'trial')} left to other processes")
    if best:
        typer.echo(f"next       dltool train {quoted(folder.best)}")


def _write_best(folder: SweepFolder, study: Study, best: Trial, run: RecordedRun) -> None:
    first, name = study.trials[0], study.monitor.name
    typer.echo(f"best       trial {best.number}, {name} {number(best.reached)}, {folder.trial(best.number).root}")
    if first.complete and best.number:
        gain = best.reached - first.reached
        typer.echo(
            f"as written trial 0, {name} {number(first.reached)} ({'+' if gain > 0 else '−'}{number(abs(gain))})"
        )
    if "test" in run.end:
        typer.echo(f"test       {metrics_line(run.end['test'])}  (the best trial only)")


def _write_trials(study: Study) -> None:
    """The best trials in a table, and how many ended in other ways."""
    trials = ranked(study)
    keys = list(dict.fromkeys(key for trial in trials for key in trial.values))
    header = ["trial", study.monitor.name, "epochs", "time", "ended", *keys]
    rows = [_cells(trial, keys) for trial in trials[:SHOWN]]
    more = f", the best {SHOWN}" if len(trials) > SHOWN else ""
    if rows:
        write_table(f"{len(trials)} trials{more}", header, rows, right=[0, 1, 2, 3])


def ranked(study: Study) -> list[Trial]:
    """All trials, complete ones first, each kind from the best to the worst."""
    sign = -1 if study.monitor.higher_is_better else 1
    return sorted(study.trials, key=lambda one: (not one.complete, isnan(one.reached), sign * one.reached, one.number))


def _cells(trial: Trial, keys: Sequence[str]) -> list[str]:
    values = [_text(trial.values[key]) if key in trial.values else "" for key in keys]
    seconds = duration(trial.ended.seconds) if trial.ended else ""
    return [str(trial.number), number(trial.reached), str(trial.epochs), seconds, _ending(trial), *values]


def _text(value: Any) -> str:
    return number(value) if isinstance(value, float) else dump_inline(value)


def _as_data(
    folder: SweepFolder, study: Study, run: RecordedRun | None, stopped: bool, warnings: Sequence[str]
) -> dict[str, Any]:
    best = study.best
    return {
        "sweep": str(folder.root),
        "monitor": study.monitor.name,
        "stopped": stopped,
        "best": best and {"trial": best.number, "value": best.reached, "values": best.values},
        "test": run.end.get("test") if run else None,
        "importances": study.importances(),
        "trials": [
            {
                "trial": trial.number,
                "state": trial.ended.reason if trial.ended else "unfinished",
                "value": trial.reached,
                "epochs": trial.epochs,
                "seconds": trial.ended.seconds if trial.ended else None,
                "message": trial.ended.message if trial.ended else "",
                "values": trial.values,
            }
            for trial in study.trials
        ],
        "config": str(folder.best) if best else None,
        "report": str(folder.report),
        "warnings": list(warnings),
    }
