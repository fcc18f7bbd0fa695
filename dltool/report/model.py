"""The network, layer by layer, as `dltool check` shows it."""

from __future__ import annotations

from dltool.formatting import quantity, shape, size
from dltool.program.summary import LayerSummary
from dltool.report.content import Content
from dltool.report.markup import Markup, element, table


def model(content: Content) -> Markup:
    """The section on the network."""
    network = content.network
    totals = (
        "total",
        "",
        "",
        f"{network.parameter_count:,}",
        quantity(network.forward_flops),
        size(4 * network.parameter_count),
    )
    header = ("layer", "kind", "in → out", "parameters", "FLOPs / sample", "memory")
    frozen = f"{network.frozen_count:,} of the parameters are frozen. " if network.frozen_count else ""
    train = content.experiment.train
    loss, optimizer = content.experiment.loss.yaml_name, content.experiment.optimizer.yaml_name
    return element(
        "section",
        element("h2", "Network"),
        table(header, [*map(_row, network.layers), totals], right=(3, 4, 5)),
        element(
            "p",
            f"{frozen}Trained with {optimizer} on {loss}, schedule {content.experiment.schedule.yaml_name}, "
            f"{content.layout.updates:,} steps of {content.layout.update_size:,} samples an epoch, "
            f"{quantity(network.step_flops)} FLOPs each; seed {train.seed}.",
        ),
        id="network",
    )


def _row(layer: LayerSummary) -> tuple[str, ...]:
    shapes = element("td", f"{shape(layer.input_shape)} → {shape(layer.output_shape)}", class_="shapes")
    kind = f"{layer.kind}, {'frozen' if layer.frozen_count == layer.parameter_count else 'partly frozen'}"
    return (
        layer.path,
        kind if layer.frozen_count else layer.kind,
        shapes,
        f"{layer.parameter_count:,}",
        quantity(layer.flops),
        size(layer.bytes),
    )
