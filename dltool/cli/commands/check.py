"""`dltool check CONFIG`: everything known without training: mistakes, data, shapes, arithmetic, memory.

It compiles nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer

from dltool.cli.screen.data_tables import data_as_json, write_data
from dltool.cli.screen.table import write_table
from dltool.cli.typed_config import load_typed
from dltool.config.experiment import Experiment
from dltool.config.idle import idle_fields
from dltool.data.dataset.config_sources import notes_on_files
from dltool.data.inspection.inspection import Inspection, inspect
from dltool.data.samples.signature import Signature
from dltool.data.store.budget import bytes_at_hand
from dltool.data.store.records import RecordLayout
from dltool.findings import Finding, note, warning
from dltool.formatting import plural, quantity, rate, size
from dltool.program.batch import row_order
from dltool.program.building import build_network
from dltool.program.generation import require_causal
from dltool.program.lint import lint
from dltool.program.summary import LayerSummary, NetworkSummary, summarize
from dltool.runtime.xla.needs import Needs
from dltool.sweep.checking import checked_space
from dltool.training.batching import Batching
from dltool.training.devices import within_gpu
from dltool.training.initial import starting_from
from dltool.training.judge import Judge
from dltool.training.meter import answers_of
from dltool.training.single_rows import without_single_row
from dltool.training.watching import of_arrays, require_defined


@dataclass(frozen=True)
class Checked:
    """The results for a valid config."""

    experiment: Experiment
    inspection: Inspection
    batching: Batching
    network: NetworkSummary
    findings: Sequence[Finding]  # warnings first
    needs: Needs | None  # of a device that has memory of its own

    @property
    def signature(self) -> Signature:
        """The signature of the data."""
        return self.inspection.signature

    @property
    def layout(self) -> RecordLayout:
        """Of a sample."""
        return RecordLayout.of(self.signature, weighted=bool(self.experiment.data.source.weight_name))

    @property
    def data_bytes(self) -> int:
        """Bytes of the samples of all parts."""
        return sum(self.signature.rows.values()) * self.layout.bytes

    @property
    def memory(self) -> dict[str, int]:
        """Estimated bytes in training, without Python and its libraries; on each device, at most."""
        rows = sum(self.signature.rows.values())
        data = bytes_at_hand(
            within_gpu(self.experiment).data,
            self.layout.bytes,
            rows,
            update=self.batching.update_size,
            epoch=self.batching.epoch_samples,
        )
        fixed, activations = self.network.state_bytes, self.network.activation_bytes
        if self.needs:
            devices = self.experiment.train.devices
            fixed = self.needs.fixed
            activations = self.needs.of_batch(self.batching.largest_batch, 1 if devices == "all" else devices)
        parts = {"data": data, "parameters_and_state": fixed, "activations": activations}
        return {**parts, "total": sum(parts.values())}


def check(config: Path, *, overrides: Sequence[str] = (), as_json: bool = False) -> None:
    """Write the results for a config; raises InputError with everything wrong in the config, data or network."""
    experiment = load_typed(config, overrides)
    if experiment.sweep:
        checked_space(config, overrides, experiment)
    checked = _checked(experiment, config.parent)
    if as_json:
        typer.echo(json.dumps(_as_data(checked), indent=2, ensure_ascii=False))
    else:
        _write(checked)


def _checked(experiment: Experiment, folder: Path) -> Checked:
    train = experiment.train
    inspection = inspect(experiment.data, [folder], train.sampling)
    signature = inspection.signature
    in_streams = row_order(experiment) == "in streams"
    batching = Batching.of(train, signature.rows["train"], in_streams=in_streams)
    network = build_network(experiment, signature, training=True, rows=batching.largest_batch)
    require_causal(experiment, signature)
    batching = without_single_row(batching, network)
    metrics, answers, targets = experiment.metrics, answers_of(signature), inspection.targets
    for metric in metrics:
        metric.start(answers)
    if targets:
        require_defined(Judge(experiment).watched, metrics, answers, network, of_arrays(targets))
    start = starting_from(experiment, [folder], network.graph, inspection.preprocessing)
    files = [note(text) for text in notes_on_files(experiment.data, [folder])]
    idle = [warning(message, ".".join(map(str, path))) for path, message in idle_fields(experiment)]
    findings = [*files, *idle, *inspection.findings, *lint(network, targets.get("train")), *map(note, start.notes)]
    findings.sort(key=lambda finding: finding.severity != "warning")
    needs = None
    if train.device in ("cuda", "xla"):
        whole = build_network(experiment, signature, training=True, rows=batching.largest_batch, lower=False)
        needs = Needs.of(whole, data=0)
    return Checked(experiment, inspection, batching, summarize(network), findings, needs)


def _as_data(checked: Checked) -> dict[str, Any]:
    signature, network = checked.signature, checked.network
    return {
        "name": checked.experiment.name,
        "features": signature.feature_shape,
        "classes": signature.classes,
        "targets": signature.targets,
        "rows": dict(signature.rows),
        "layers": [
            {
                "layer": layer.path,
                "kind": layer.kind,
                "input": layer.input_shape,
                "output": layer.output_shape,
                "parameters": layer.parameter_count,
                "frozen": layer.frozen_count,
                "flops": layer.flops,
                "bytes": layer.bytes,
            }
            for layer in network.layers
        ],
        "parameters": _parameters(network.layers),
        "parameter_count": network.parameter_count,
        "frozen_count": network.frozen_count,
        "flops_per_sample": network.forward_flops,
        "flops_per_step": network.step_flops,
        "augment": _augmentations(checked.experiment),
        "steps_per_epoch": checked.batching.updates,
        "memory_bytes": checked.memory,
        **data_as_json(checked.inspection),
        "findings": [asdict(finding) for finding in checked.findings],
    }


def _write(checked: Checked) -> None:
    network = checked.network
    typer.echo(f"{checked.experiment.name}: {_data_line(checked)}\n")
    write_data(checked.inspection)
    _write_layers(network)
    if shapes := _parameters(network.layers):
        write_table("parameters", ("name", "shape"), [(name, _shape(shape)) for name, shape in shapes.items()])
    if network.frozen_count:
        trained = network.parameter_count - network.frozen_count
        typer.echo(f"trained  {trained:,} parameters; {network.frozen_count:,} are frozen")
    epoch = f"{checked.batching.updates:,} steps of {checked.batching.update_size} samples"
    typer.echo(f"epoch    {epoch}, {rate(network.step_flops)}FLOPs each")
    if augment := _augmentations(checked.experiment):
        typer.echo(f"augment  {', '.join(augment)}, in training only")
    _write_memory(checked)
    if checked.findings:
        typer.echo()
    for finding in checked.findings:
        typer.echo(str(finding))


def _write_memory(checked: Checked) -> None:
    memory, where = checked.memory, "without Python itself"
    if checked.needs:
        where = f"of {'the' if checked.experiment.train.devices == 1 else 'each'} device, at most"
    parts = ", ".join(f"{name.replace('_', ' ')} {size(count)}" for name, count in memory.items() if name != "total")
    if memory["data"] < checked.data_bytes:
        parts += f"; all data is {size(checked.data_bytes)} and read from disk in spans"
    typer.echo(f"memory   {size(memory['total'])} {where}: {parts}")


def _write_layers(network: NetworkSummary) -> None:
    """The table of layers, with frozen parameters if there are any."""
    totals = ("total", "", *_amounts(network, network.forward_flops, 4 * network.parameter_count))
    header = ("layer", "in → out", "parameters", "frozen", "FLOPs / sample", "memory")
    rows = [header, *map(_layer_row, network.layers), totals]
    if not network.frozen_count:
        rows = [(*row[:3], *row[4:]) for row in rows]
    write_table("layers", rows[0], rows[1:-1], totals=rows[-1], right=range(2, len(rows[0])))


def _augmentations(experiment: Experiment) -> list[str]:
    return [augmentation.yaml_name for augmentation in experiment.augment]


def _layer_row(layer: LayerSummary) -> tuple[str, ...]:
    shapes = f"{_shape(layer.input_shape)} → {_shape(layer.output_shape)}"
    return layer.path, shapes, *_amounts(layer, layer.flops, layer.bytes)


def _amounts(summary: LayerSummary | NetworkSummary, flops: int, count: int) -> tuple[str, ...]:
    """Cells for parameters, frozen parameters, FLOPs and memory."""
    frozen = f"{summary.frozen_count:,}" if summary.frozen_count else ""
    return f"{summary.parameter_count:,}", frozen, quantity(flops), size(count)


def _parameters(layers: Sequence[LayerSummary]) -> Mapping[str, tuple[int, ...]]:
    return {name: shape for layer in layers for name, shape in layer.parameters.items()}


def _data_line(checked: Checked) -> str:
    signature = checked.signature
    rows = ", ".join(f"{count:,} {part}" for part, count in signature.rows.items())
    first = next(layer for layer in checked.network.layers if layer.kind != "features")
    names = signature.classes or signature.targets
    target = plural(len(names), "number") if signature.task == "numbers" else f"{len(names)} {signature.task}"
    target = "the same" if signature.task == "inputs" else target
    inputs = f"{_shape(first.input_shape)} inputs" if first.input_shape else plural(len(signature.columns), "column")
    return f"{inputs} → {target}; rows: {rows}"


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape)) or "table"
