"""dltool/README.md: the files that it names are there, and its examples still apply."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAP = (ROOT / "dltool" / "README.md").read_text(encoding="utf-8")
DIFFS = re.findall(r"^```diff\n(.*?)^```", MAP, re.MULTILINE | re.DOTALL)
PROSE = re.sub(r"^```.*?^```", "", MAP, flags=re.MULTILINE | re.DOTALL)
#: files, and folders with a slash at their end
PATHS = sorted({word for word in re.findall(r"[\w./-]+", PROSE) if word.endswith(".py") or re.search(r"\w/$", word)})


def test_there_are_paths_and_three_examples():
    assert len(PATHS) > 50
    assert len(DIFFS) == 3


@pytest.mark.parametrize("path", PATHS)
def test_what_the_map_names_is_there(path: str):
    place = (ROOT if path.startswith(("dltool/", "tests/")) else ROOT / "dltool") / path
    assert place.is_dir() if path.endswith("/") else place.is_file()


@pytest.mark.skipif(not shutil.which("git") or not (ROOT / ".git").exists(), reason="needs git and a checkout")
@pytest.mark.parametrize("diff", DIFFS, ids=lambda diff: diff.split()[2].removeprefix("a/"))
def test_an_example_applies(diff: str):
    checked = subprocess.run(["git", "apply", "--check", "-"], cwd=ROOT, input=diff, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


#: folders of tests that are about everything
ACROSS = {"accuracy", "contract", "parity"}
FOLDERS = sorted(
    {str(path.parent.relative_to(ROOT / "tests")) for path in (ROOT / "tests").rglob("test_*.py")} - ACROSS
)


@pytest.mark.parametrize("folder", FOLDERS)
def test_tests_lie_in_the_folder_of_what_they_test(folder: str):
    assert (ROOT / "dltool" / folder).is_dir()
