"""Small data of every kind, written into the working directory."""

from __future__ import annotations

import csv
import struct
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

ROWS = 120
COLORS = np.array(["red", "green", "blue"])
WORDS = ["free", "prize", "call", "now", "win", "you", "me", "later", "home", "see", "dinner", "ok", "soon", "train"]


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def columns(rows: int = ROWS) -> dict[str, Any]:
    """A number, a category, and a class that follows from both."""
    generator = random()
    size = generator.normal(size=rows).round(3)
    colour = generator.integers(0, 3, rows)
    kind = np.array(["small", "large"])[((size + colour - 1 + 0.3 * generator.normal(size=rows)) > 0).astype(int)]
    return {"size": size, "colour": COLORS[colour], "kind": kind}


def days(rows: int = ROWS) -> list[str]:
    return [str(date(2024, 1, 1) + timedelta(days=day)) for day in range(rows)]


def table(name: str, cells: Mapping[str, Any], *, header: bool = True, delimiter: str = ",") -> str:
    with open(name, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([list(cells)] if header else [])
        writer.writerows(zip(*cells.values(), strict=True))
    return name


def plain_table() -> list[str]:
    return [table("plain.csv", columns())]


def numbers_table() -> list[str]:
    size = columns()["size"]
    return [table("numbers.csv", {**columns(), "price": (100 + 10 * size + random(1).normal(size=ROWS)).round(2)})]


def labels_table() -> list[str]:
    cells = columns()
    cells |= {"soft": (cells["size"] > 0).astype(int), "red": (cells.pop("colour") == "red").astype(int)}
    return [table("labels.csv", cells), "--target", "soft", "--target", "red"]


def folder_of_tables() -> list[str]:
    Path("both").mkdir()
    table("both/my-train.csv", columns())
    test = columns(40)
    table("both/my-test.csv", {**test, "kind": [f"{kind.upper()}." for kind in test["kind"]]})
    return ["both"]


def several_tables() -> list[str]:
    for month in (1, 2):
        table(f"month{month}.csv", columns())
    return ["month*.csv"]


def series_table() -> list[str]:
    level = (50 + 10 * np.sin(np.arange(ROWS) / 5) + random().normal(size=ROWS)).round(2)
    return [table("level.csv", {"day": days(), "level": level})]


def lines_of_text() -> list[str]:
    generator = random()
    lines = []
    for row in range(ROWS):
        words = generator.choice(WORDS[4:] if row % 3 else WORDS[:7], 6)
        lines.append(f"{'ham' if row % 3 else 'spam'}\t{' '.join(words)}\n")
    Path("lines.txt").write_text("".join(lines))
    return ["lines.txt"]


def text_beside_numbers() -> list[str]:
    generator = random()
    rows = 1600
    good = generator.integers(0, 2, rows)
    texts = [f"{' '.join(generator.choice(WORDS[5 * one :][:9], 6))} {row}" for row, one in enumerate(good)]
    cells = {"text": texts, "size": generator.normal(size=rows).round(3), "kind": np.array(["bad", "good"])[good]}
    return [table("texts.csv", cells)]


def archive() -> list[str]:
    x = random().normal(size=(ROWS, 6)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int)
    np.savez("keras.npz", x_train=x, y_train=y, x_test=x[:30], y_test=y[:30])
    return ["keras.npz"]


def array_files() -> list[str]:
    x = random().integers(0, 256, (ROWS, 5, 5)).astype(np.uint8)
    np.save("features.npy", x)
    np.save("labels.npy", (x[:, 0, 0] > 128).astype(int))
    return ["features.npy"]


def idx_folder() -> list[str]:
    Path("idx").mkdir()
    for part, rows in (("train", ROWS), ("t10k", 30)):
        images = random().integers(0, 256, (rows, 6, 6)).astype(np.uint8)
        labels = (images[:, 0, 0] > 128).astype(np.uint8)
        for kind, array in (("images", images), ("labels", labels)):
            header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
            Path(f"idx/{part}-{kind}-idx{array.ndim}-ubyte").write_bytes(header + array.tobytes())
    return ["idx"]


def image_archive() -> list[str]:
    from PIL import Image

    with zipfile.ZipFile("animals.zip", "w") as file:
        for row in range(60):
            kind = "cat" if row % 2 else "dog"
            pixels = random(row).integers(0, 128, (6 + row % 3, 8, 3)) + 100 * (row % 2)
            content = BytesIO()
            Image.fromarray(pixels.astype(np.uint8)).save(content, "png")
            file.writestr(f"animals/{kind}/{row}.png", content.getvalue())
    return ["animals.zip"]


def labeled_series() -> list[str]:
    Path("waves").mkdir()
    for part, rows in (("TRAIN", 40), ("TEST", 20)):
        lines = ["@classLabel true up down", "@data"]
        for row in range(rows):
            values = random(row).normal(size=8) + np.arange(8) * (1 if row % 2 else -1)
            lines.append(f"{','.join(f'{value:.3f}' for value in values)}:{'up' if row % 2 else 'down'}")
        Path(f"waves/Waves_{part}.ts").write_text("\n".join(lines))
    return ["waves"]


KINDS: tuple[Callable[[], list[str]], ...] = (
    plain_table,
    numbers_table,
    labels_table,
    folder_of_tables,
    several_tables,
    series_table,
    lines_of_text,
    text_beside_numbers,
    archive,
    array_files,
    idx_folder,
    image_archive,
    labeled_series,
)
