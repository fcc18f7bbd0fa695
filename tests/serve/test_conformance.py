"""Requests that schemathesis generates from the description of the server; skipped where it is not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.serve.serving import serving

COMMAND = os.environ.get("SCHEMATHESIS") or shutil.which("schemathesis")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)


@pytest.mark.slow
@pytest.mark.skipif(not COMMAND, reason="needs the command schemathesis, on the path or in $SCHEMATHESIS")
def test_generated_requests_get_what_the_description_says(workplace: Path):
    with serving("runs/classes", "runs/numbers", "runs/two classes") as (process, host, port):
        options = ["--checks", ",".join(CHECKS), "--max-examples", "60", "--suppress-health-check", "all"]
        command = [str(COMMAND), "run", f"http://{host}:{port}/openapi.json", *options]
        found = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
        process.terminate()
        assert process.communicate(timeout=60)[1] == ""
        assert found.returncode == 0, found.stdout
