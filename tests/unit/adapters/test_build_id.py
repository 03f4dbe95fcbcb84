"""The build id changes with the code that a worker runs, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from handrail.temporal.worker.build import build_id
from handrail.versioning import LONGEST, DeploymentSettings

CODE = ("workflows", "worker.py")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows/case.py").write_text("def run():\n    return 1\n")
    (tmp_path / "worker.py").write_text("")
    return tmp_path


def identity(tree: Path) -> str:
    build_id.cache_clear()
    return build_id(tree, CODE)


def test_a_changed_function_is_another_build(tree: Path) -> None:
    before = identity(tree)
    assert before == identity(tree)
    assert len(before) == 32
    (tree / "workflows/case.py").write_text("def run():\n    return 2\n")
    assert identity(tree) != before


def test_a_new_or_renamed_module_is_another_build(tree: Path) -> None:
    before = identity(tree)
    (tree / "workflows/case.py").rename(tree / "workflows/cases.py")
    renamed = identity(tree)
    assert renamed != before
    (tree / "workflows/more.py").write_text("")
    assert identity(tree) not in (before, renamed)


def test_line_ends_caches_and_other_files_do_not_count(tree: Path) -> None:
    before = identity(tree)
    (tree / "workflows/case.py").write_bytes(b"def run():\r\n    return 1\r\n")
    (tree / "workflows/notes.txt").write_text("x")
    (tree / "workflows/case.pyc").write_text("x")
    assert identity(tree) == before


@pytest.mark.parametrize("taken", ["a", "v1.2-rc_3", "x" * LONGEST, "größe"])
def test_a_build_has_the_name_that_is_given(taken: str) -> None:
    assert DeploymentSettings(build_id=taken).build_id == taken


@pytest.mark.parametrize("refused", ["", "-a", "a b", "a/b", "a\n", "x" * (LONGEST + 1)])
def test_what_is_no_name_of_a_build_is_refused(refused: str) -> None:
    with pytest.raises(ValidationError, match="build_id"):
        DeploymentSettings(build_id=refused)
