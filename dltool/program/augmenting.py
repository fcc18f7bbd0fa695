"""Batches of images that are changed at random as they are fetched, and mixed with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dltool.augmentations.augmentation import Augmentation, ranges
from dltool.augmentations.mixing import paired
from dltool.data.samples.signature import Signature
from dltool.ops.graph import Graph, Value
from dltool.program.features import data_of


@dataclass(frozen=True)
class Mixture:
    """What the images of a batch are mixed with: rows () of the data, and the share (1,) that is left of themselves."""

    others: Value
    share: Value


def augmented_images(
    graph: Graph, augmentations: Sequence[Augmentation], signature: Signature, rows: Value
) -> tuple[Value, Mixture | None]:
    """The augmented images of a batch; raises InputError if the samples are not images of a supported shape.

    Bytes of (height, width) are a gray image, and keep that shape.
    """
    shape = signature.feature_shape
    of_bytes = signature.feature_dtype == "uint8"
    image = (*shape, 1) if of_bytes and len(shape) == 2 else shape
    attributes: dict[str, Any] = {**ranges(augmentations, image), "of_bytes": int(of_bytes)}
    data, offset, factor = data_of(graph, signature, image)

    def fetched(chosen: Value) -> Value:
        stream = graph.random_stream()
        return graph.apply("gather_augmented", data, chosen, offset, factor, **attributes, stream=stream)

    images, mixing = fetched(rows), paired(graph, augmentations, rows, image)
    mixed = None
    if mixing:
        others, mixture, share = mixing
        images = graph.apply("mix", images, fetched(others), mixture, width=shape[1])
        mixed = Mixture(others, share)
    return (images if image == shape else graph.apply("reshape", images, shape=shape)), mixed
