"""ONNX files in a browser: onnxruntime-web gives the predictions of dltool for raw cells.

The package onnxruntime-web of npm is looked for in node_modules/, or at $ONNXRUNTIME_WEB.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from dltool.cli.main import main
from tests.browser import browser
from tests.export.test_configs import CONFIGS, agree_with_rows, checkpoint_of, fed, place_of
from tests.export.test_onnx_networks import ROOT

PACKAGE = Path(os.environ.get("ONNXRUNTIME_WEB", ROOT / "node_modules" / "onnxruntime-web"))
PREDICT = """
(async () => {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create("/net.onnx");
  const given = await (await fetch("/given.json")).json();
  for (const [name, cells] of Object.entries(given)) {
    const numbers = typeof cells[0] !== "string";
    const data = numbers ? Float64Array.from(cells, cell => cell ?? NaN) : cells;
    given[name] = new ort.Tensor(numbers ? "float64" : "string", data, [cells.length]);
  }
  const {prediction, probabilities} = await session.run(given);
  return {prediction: prediction.data, probabilities: Array.from(probabilities.data)};
})()
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Nothing is written to the terminal."""


@contextmanager
def site(folder: Path) -> Iterator[str]:
    """The address at which the files of a folder are."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "adult"])
def test_raw_cells_get_the_predictions_of_dltool(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    if not PACKAGE.is_dir():
        pytest.skip(f"no package onnxruntime-web at {PACKAGE}")
    file, read = CONFIGS[name]
    place = place_of(file)
    monkeypatch.chdir(tmp_path)
    checkpoint_of(name, place, Path("net.safetensors"))
    assert main(["export", "net.safetensors", "-o", "net.onnx"]) == 0
    assert main(["predict", "net.safetensors", str(place / file), "-o", "predicted.csv"]) == 0
    session = onnxruntime.InferenceSession("net.onnx")
    given = {key: array.tolist() for key, array in fed(session, read(place / file)).items()}
    Path("given.json").write_text(json.dumps(given).replace("NaN", "null"))
    Path("web").symlink_to(PACKAGE)
    Path("index.html").write_text('<!DOCTYPE html><script src="/web/dist/ort.wasm.min.js"></script>')
    with site(tmp_path) as address, browser(tmp_path) as page:
        page.open(f"{address}/index.html")
        outputs = {key: np.array(found) for key, found in page.value(PREDICT).items()}
    agree_with_rows(outputs, Path("predicted.csv"), session.get_modelmeta().custom_metadata_map)
