"""`dltool sweep CONFIG`: trials with different values of some keys, in several processes; the best one's config."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from dltool.cli.commands.resume import resume_run
from dltool.cli.commands.sweep_plan import Plan, opened, planned
from dltool.cli.screen.sweep_summary import as_data, one_line, write_summary
from dltool.cli.screen.sweep_viewer import SweepHeading, SweepViewer, choose_sweep_viewer
from dltool.cli.screen.viewer import Viewer
from dltool.config.experiment import Experiment
from dltool.config.loading import resolved
from dltool.errors import InputError, RunError
from dltool.formatting import plural, quoted, scalar_metrics
from dltool.report.sweep_page import SweepContent, TrialContent, sweep_page
from dltool.sweep.best import write_best
from dltool.sweep.folder import SweepFolder
from dltool.sweep.journal import require_optuna
from dltool.sweep.study import Study, Trial
from dltool.sweep.sweeping import Sweeping, look, share_of_cores
from dltool.sweep.team import Team
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
    plan = planned(config, overrides, sweep_dir)
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


def _run(plan: Plan, workers: int | None, viewer: SweepViewer, stop: StopRequest) -> Study | None:
    """Run trials until none is left or a signal comes; None if it came before the first."""
    train, folders = plan.experiment.train, [plan.config.parent]
    count, threads = share_of_cores(train.threads, train.device, workers, plan.sweep.trials)
    study = opened(plan) if plan.folder.config.exists() else None
    if study and study.finished:
        viewer.say(f"this sweep is complete; {_for_more(plan, study)}")
        return study
    with viewer, Team() as team:
        viewer.looked(look(team.hire(), resolved(plan.experiment), folders))
        if stop.signal is not None:
            return study
        study = study or opened(plan)

        def keep_best() -> None:
            if best := study.best:
                write_best(plan.folder, study, best, plan.config, plan.overrides, plan.variant(best.values))

        viewer.begin(_heading(study, plan.experiment, count))
        stopping = lambda: stop.signal is not None  # noqa: E731
        Sweeping(plan.folder, study, plan.variant, folders, threads, viewer, stopping, keep_best).run(team, count)
        keep_best()
    return study


def _for_more(plan: Plan, study: Study) -> str:
    """What would make a complete sweep go on."""
    if study.more is None:
        return "all values have been tried"
    key, value = study.more
    return f"for more trials: {plan.command_without(f'sweep.{key}=')} --{key} {value}"


def _heading(study: Study, experiment: Experiment, workers: int) -> SweepHeading:
    best, ended = study.best, sum(trial.ended is not None for trial in study.trials)
    return SweepHeading(
        name=experiment.name,
        metric=study.monitor.name,
        higher_is_better=study.monitor.higher_is_better,
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
