"""A definition follows its files, and survives whatever is done to them."""

from __future__ import annotations

import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from handrail.definitions import Document, Live
from handrail.domain.errors import DefinitionInvalid
from handrail.postgres.pool import Pool
from handrail.rates import RateFile
from handrail.settings import Settings
from handrail.shop import business
from handrail.wiring.cases import worker as wiring


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


def test_between_looks_the_files_are_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, looks = [100.0], list[Path]()
    live = Live(folder, build, every=1.0, clock=lambda: now[0])
    iterdir = Path.iterdir

    def counted(path: Path) -> Iterator[Path]:
        looks.append(path)
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", counted)
    (folder / "a.yaml").write_text("six")
    for moment in (100.0, 100.5, 100.999):
        now[0] = moment
        assert live.now().value["a.yaml"] == "one"
        assert live.problem is None
        assert live.version
    assert looks == []
    now[0] = 101.0
    assert live.now().value["a.yaml"] == "six"
    looked = len(looks)
    assert [live.now().value["a.yaml"] for _ in range(50)] == ["six"] * 50
    assert looked == len(looks)


def test_a_broken_edit_is_found_and_mended_at_the_next_looks(folder: Path) -> None:
    now = [0.0]
    live = Live(folder, build, every=1.0, clock=lambda: now[0])
    for moment, text, broken in [(1.0, "x: [", True), (2.0, "one", False), (3.0, "y: [", True), (4.0, "two", False)]:
        before = live.problem
        (folder / "a.yaml").write_text(text)
        assert live.problem == before
        now[0] = moment
        assert (live.problem is not None) is broken
    assert live.now().value["a.yaml"] == "two"


def test_rates_that_are_added_later_are_found_at_the_next_look(tmp_path: Path) -> None:
    now, file = [0.0], tmp_path / "rates.yaml"
    rates = RateFile(file, every=1.0, clock=lambda: now[0])
    shutil.copy(business.folder / "rates.yaml", file)
    assert rates.now() is None
    now[0] = 1.0
    assert rates.now() is not None
    file.write_text(file.read_text().replace("EUR: 1.08", "EUR: 1.25"))
    assert rates.now() == rates.now()
    now[0] = 2.0
    assert rates.now().rates["EUR"] == Decimal("1.25")  # type: ignore[union-attr]


async def test_a_worker_looks_at_its_files_once_for_many_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, look = list[Path](), Live._look

    def counted(live: Live[object]) -> tuple[object, ...]:
        looks.append(live._path)
        return look(live)

    async def ours(*_: object) -> None:
        return None

    monkeypatch.setattr(Live, "_look", counted)
    monkeypatch.setattr("handrail.wiring.cases.worker.owner.check", ours)
    assert wiring.LOOK_SECONDS == 1.0

    async def used(every: float) -> dict[Path, int]:
        looks.clear()
        async with wiring.world(Settings(), cast(Pool, None), every=every) as made:
            people, router = cast(Any, made.staff)._people, cast(Any, made.router)
            for _ in range(20):
                made.topics.all()
                made.policies.names_action("x")
                made.reviewers.now()
                made.matrix.route(reason="risk", topic="x", risk="low", language="en")
                people.roster()
                router._rules.now()
                router._rules._rates.now()
        return dict(Counter(looks))

    every_use, once = await used(0.0), await used(3_600.0)
    assert every_use.keys() == once.keys()
    assert len(once) == 7
    assert all(count > 20 for count in every_use.values())
    assert all(count == (2 if path.name == "rates.yaml" else 1) for path, count in once.items())


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
