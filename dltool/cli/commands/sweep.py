"""`dltool sweep CONFIG`: trials with different values of some keys, in several processes; the best one's config."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from dltool.cli.commands.resume import resume_run
from dltool.cli.screen.sweep_summary import as_data, one_line, write_summary
from dltool.cli.screen.sweep_viewer import SweepHeading, SweepViewer, choose_sweep_viewer
from dltool.cli.screen.viewer import Viewer
from dltool.cli.typed_config import load_typed
from dltool.config.differences import differing
from dltool.config.document import read_document
from dltool.config.experiment import Experiment
from dltool.config.loading import dump_yaml, resolved
from dltool.config.reading import read_config
from dltool.config.sweep import Sweep, as_written
from dltool.data.files.quoting import plural
from dltool.errors import InputError, Problem, RunError
from dltool.formatting import quoted, scalar_metrics
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
from dltool.training.signals import StopRequest, stopping_on_signals
from dltool.training.strict_json import to_json
from dltool.training.writing import write_whole


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
    plan = _planned(config, overrides, sweep_dir)
    viewer = choose_sweep_viewer(quiet=quiet, as_json=as_json)
    with stopping_on_signals() as stop:
        study = _run(plan, workers, viewer, stop)
    stopped = 128 + stop.signal if stop.signal and not (study and study.finished) else 0
    if study is None:
        return stopped
    if study.best and study.finished:
        _complete(plan.folder, study.best, viewer.warn)
    content = _content(plan, study)
    write_whole(plan.folder.report, sweep_page(content))
    again, best = plan.command, str(plan.folder.best)
    if as_json:
        files = {"config": best if content.best else None, "report": str(plan.folder.report)}
        typer.echo(to_json({**as_data(content), "stopped": bool(stopped), **files, "warnings": viewer.warnings}))
    elif quiet:
        typer.echo(one_line(content, best) + (f" · to continue: {again}" if stopped else ""))
    else:
        write_summary(content)
        typer.echo(f"report     {plan.folder.report}")
        for line in _next_steps(plan, study, again, stopped=bool(stopped)):
            typer.echo(line)
    return stopped


@dataclass(frozen=True)
class Plan:
    """What is to be swept, and where; all of it checked."""

    config: Path
    overrides: Sequence[str]
    experiment: Experiment  # as written
    sweep: Sweep
    space: Space
    folder: SweepFolder
    command: str  # that goes on with it

    def variant(self, values: Mapping[str, Any]) -> Experiment:
        """The experiment with the values of a trial."""
        return _experiment(self.config, [*self.overrides, *changes(values)])


def _experiment(config: Path, overrides: Sequence[str]) -> Experiment:
    return with_checkpoint(load_typed(config, overrides), [config.parent], None)


def _planned(config: Path, overrides: Sequence[str], sweep_dir: Path | None) -> Plan:
    """Check the config and the folder; raises InputError."""
    experiment = _experiment(config, overrides)
    space = checked_space(config, overrides, experiment)
    assert experiment.sweep is not None
    _require_comparable(experiment)
    folder = SweepFolder(sweep_dir or SWEEPS / experiment.name)
    _require_same(folder, experiment)
    changed = [f"--set {quoted(change)}" for change in overrides]
    placed = [f"--sweep-dir {quoted(sweep_dir)}"] if sweep_dir else []
    command = " ".join(["dltool sweep", quoted(config), *changed, *placed])
    return Plan(config, overrides, experiment, experiment.sweep, space, folder, command)


def _run(plan: Plan, workers: int | None, viewer: SweepViewer, stop: StopRequest) -> Study | None:
    """Run trials until none is left or a signal comes; None if it came before the first."""
    train, folders = plan.experiment.train, [plan.config.parent]
    count, threads = share_of_cores(train.threads, train.device, workers, plan.sweep.trials)
    study = _opened(plan) if plan.folder.config.exists() else None
    if study and study.finished:
        viewer.say(f"this sweep is complete; for more trials: {plan.command} --trials {2 * len(study.trials)}")
        return study
    with viewer, Team() as team:
        viewer.looked(look(team.hire(), resolved(plan.experiment), folders))
        if stop.signal is not None:
            return study
        study = study or _opened(plan)

        def keep_best() -> None:
            if best := study.best:
                write_best(plan.folder, study, best, plan.config, plan.overrides, plan.variant(best.values))

        viewer.begin(_heading(study, plan.experiment, count))
        stopping = lambda: stop.signal is not None  # noqa: E731
        Sweeping(plan.folder, study, plan.variant, folders, threads, viewer, stopping, keep_best).run(team, count)
        keep_best()
    return study


def _require_comparable(experiment: Experiment) -> None:
    """Raises InputError if the metric that decides which epoch is best cannot decide which trial is."""
    monitor, varying = Judge(experiment).best, experiment.sweep.parameters if experiment.sweep else ()
    if monitor.part != "validation":
        message = f"trials are compared by '{monitor.name}', which says nothing about new data; choose another"
        raise InputError(Problem(message, path="train.monitor"))
    if monitor.metric == "loss" and any(key.split(".")[0] == "loss" for key in varying):
        message = "trials are compared by their validation loss, which means something else with each loss"
        raise InputError(Problem(f"{message}; choose a metric: train.monitor", path="sweep"))


def _opened(plan: Plan) -> Study:
    """The study; its folder is made if it does not exist."""
    folder, experiment = plan.folder, plan.experiment
    folder.prepare()
    if not folder.config.exists():
        text = dump_yaml({**resolved(experiment), "sweep": as_written(plan.sweep)})
        write_whole(folder.config, f"# The config of this sweep with every default filled in.\n{text}")
    train, monitor = experiment.train, Judge(experiment).best
    return Study(folder, plan.sweep, plan.space, monitor, epochs=train.epochs, seed=train.seed)


def _require_same(folder: SweepFolder, experiment: Experiment) -> None:
    """Raises InputError if the folder holds another sweep: trials of different configs cannot be compared."""
    if not folder.config.exists():
        if folder.root.exists() and not folder.root.is_dir():
            raise InputError(Problem("is a file; choose a directory: --sweep-dir DIR", str(folder.root)))
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


def _complete(folder: SweepFolder, best: Trial, warn: Callable[[str], None]) -> None:
    """Measure the best trial on the test part, which no other trial has seen, and make its report."""
    run = folder.trial(best.number)
    try:
        resume_run(run, Viewer(), [])
    except (InputError, RunError) as error:
        warn(f"trial {best.number} could not be measured: {error.problems[0]}")


def _content(plan: Plan, study: Study) -> SweepContent:
    """What the page says."""
    best, domains, folder = study.best, plan.sweep.parameters, plan.folder
    run = RecordedRun(folder.trial(best.number)) if best else None
    return SweepContent(
        name=plan.experiment.name,
        folder=str(folder.root),
        metric=study.monitor.name,
        higher_is_better=study.monitor.higher_is_better,
        trials=[_trial_content(trial) for trial in study.trials],
        importances=study.importances(),
        choices={key: domain.choices for key, domain in domains.items() if domain.choices is not None},
        logarithmic=[key for key, domain in domains.items() if domain.logarithmic],
        test=scalar_metrics(run.end.get("test", {})) if run else {},
        command=f"dltool train {quoted(folder.best)}",
    )


def _trial_content(trial: Trial) -> TrialContent:
    ended = trial.ended
    return TrialContent(
        number=trial.number,
        values=trial.values,
        value=trial.reached,
        ending=ended.reason.replace("_", " ") if ended else "unfinished",
        message=ended.message if ended else "",
        complete=trial.complete,
        epochs=trial.epochs,
        seconds=ended.seconds if ended else 0.0,
        curve=trial.curve,
    )


def _next_steps(plan: Plan, study: Study, again: str, *, stopped: bool) -> list[str]:
    """What to do next, in lines."""
    if stopped:
        return [f"stopped by a signal; to continue: {again}"]
    running = sum(trial.ended is None for trial in study.trials)
    left = [f"note       {plural(running, 'trial')} left to other processes"] if running else []
    return [*left, *([f"next       dltool train {quoted(plan.folder.best)}"] if study.best else [])]
