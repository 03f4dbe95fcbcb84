"""A definition follows its files, and survives whatever is done to them."""

from __future__ import annotations

import logging
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from handrail.definitions import Document, Live
from handrail.domain.errors import DefinitionInvalid


def build(documents: list[Document]) -> dict[str, object]:
    for document in documents:
        if document.data is None:
            raise DefinitionInvalid(document.problem("is empty. Fill it."))
    return {document.path.name: document.data for document in documents}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "defs"
    folder.mkdir()
    (folder / "a.yaml").write_text("one")
    (folder / "b.yml").write_text("two")
    (folder / ".hidden.yaml").write_text("[")
    (folder / "note.txt").write_text("[")
    return folder


def test_it_reads_the_folders_yaml_only(folder: Path) -> None:
    assert Live(folder, build).now().value == {"a.yaml": "one", "b.yml": "two"}


def test_an_edit_is_seen_at_the_next_use_even_in_the_same_tick(folder: Path) -> None:
    live = Live(folder, build)
    before = live.version
    stat = (folder / "a.yaml").stat()
    (folder / "a.yaml").write_text("six")
    os.utime(folder / "a.yaml", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert live.now().value["a.yaml"] == "six"
    assert live.version != before


def test_old_files_are_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in folder.iterdir():
        os.utime(file, (1_000_000, 1_000_000))
    live = Live(folder, build)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("read although nothing changed"))
    assert live.now().value["a.yaml"] == "one"


def test_a_broken_edit_keeps_the_last_good_version_and_is_logged_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    live = Live(folder, build)
    good = live.now()
    (folder / "a.yaml").write_text("x: [")
    with caplog.at_level(logging.ERROR):
        assert live.now() == good
        assert live.now() == good
    assert len(caplog.records) == 1
    assert live.problem
    assert live.problem.startswith(f"{folder / 'a.yaml'}:1: ")
    (folder / "a.yaml").write_text("one")
    assert live.problem is None
    assert live.now() == good


def test_a_folder_that_goes_away_keeps_the_last_good_version_until_it_is_back(folder: Path) -> None:
    live = Live(folder, build)
    good = live.now()
    away = folder.rename(folder.parent / "away")
    assert live.now() == good
    assert "no such file or folder" in str(live.problem)
    away.rename(folder)
    assert live.problem is None
    for file in ("a.yaml", "b.yml"):
        (folder / file).unlink()
    assert live.now() == good
    assert "holds no *.yaml file" in str(live.problem)


@pytest.mark.parametrize(("make", "words"), [(False, "no such file or folder"), (True, r"holds no \*.yaml file")])
def test_nothing_to_start_with_is_an_error(tmp_path: Path, make: bool, words: str) -> None:
    path = tmp_path / "nowhere"
    if make:
        path.mkdir()
    with pytest.raises(DefinitionInvalid, match=words):
        Live(path, build)


def test_the_version_is_the_content_and_not_the_place(folder: Path) -> None:
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    assert Live(copy, build).version == Live(folder, build).version
    (copy / "a.yaml").write_text("onet")
    (copy / "b.yml").write_text("wo")
    assert Live(copy, build).version != Live(folder, build).version


def test_threads_see_one_whole_version_or_the_other(folder: Path) -> None:
    live = Live(folder / "a.yaml", build)

    def edit(count: int) -> None:
        fresh = folder / f"fresh-{count}"
        fresh.write_text(f"value-{count}")
        fresh.replace(folder / "a.yaml")

    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(live.now) for _ in range(200)]
        edits = [pool.submit(edit, count) for count in range(20)]
        for done in edits:
            done.result()
        seen = {loaded.version: loaded.value["a.yaml"] for loaded in (look.result() for look in looks)}
    assert len(set(seen.values())) == len(seen)
    assert live.now().value["a.yaml"] == (folder / "a.yaml").read_text()
    assert live.problem is None
