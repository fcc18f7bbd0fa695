"""A side that stands in for PyTorch: it sleeps where that would train, less in its tuned form, and knows no lion."""

from __future__ import annotations

import json
import time
from pathlib import Path

from dltool.bench.server import serve
from dltool.errors import InputError, Problem


class Sleeper:
    def __init__(self, seconds):
        self._seconds = seconds
        self.facts = {"version": "1.2.3"}
        self.handlers = {}

    def train(self, updates):
        time.sleep(updates * self._seconds)
        return updates * 20


def open_side(request, note):
    recipe = json.loads((Path(request["folder"]) / "recipe.json").read_text())
    if "lion" in recipe["optimizer"]:
        raise InputError(Problem("PyTorch has no optimizer 'lion'", path="optimizer"))
    return Sleeper(0.001 if request["form"] == "tuned" else 0.003)


if __name__ == "__main__":
    serve(open_side)
