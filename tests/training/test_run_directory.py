"""Where runs go: the first free name, or exactly where the user says."""

from __future__ import annotations

import pytest

from dltool.errors import InputError
from dltool.training.run_directory import create, refuse_occupied


def test_names_are_counted_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    roots = [create("digits", None, "name: digits\n").root for _ in range(3)]
    assert [str(root) for root in roots] == ["runs/digits", "runs/digits-2", "runs/digits-3"]
    text = (roots[1] / "config.yaml").read_text()
    assert "dltool resume runs/digits-2" in text
    assert text.endswith("\nname: digits\n")
    assert (roots[0] / "checkpoints").is_dir()


def test_a_chosen_directory_is_used_as_it_is(tmp_path):
    assert create("digits", tmp_path / "a" / "my run", "").root == tmp_path / "a" / "my run"
    assert f"dltool eval '{tmp_path}/a/my run'" in (tmp_path / "a" / "my run" / "config.yaml").read_text()


def test_an_occupied_directory_is_refused(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(InputError, match=r"the directory is not empty; choose another, or continue it: dltool resume"):
        refuse_occupied(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        refuse_occupied(tmp_path / "x")
    with pytest.raises(InputError, match="the run's directory cannot be made: Not a directory"):
        create("digits", tmp_path / "x" / "y", "")
