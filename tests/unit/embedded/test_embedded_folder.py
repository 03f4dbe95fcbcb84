"""Data folders and what `stack.json` says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handrail.embedded.folder import OWNER_FILE, check_owner, occupied, stamp
from handrail.embedded.ports import free_block, is_free, require_free
from handrail.embedded.process import StackFailed
from handrail.embedded.state import Process, Stack, StackState, leftovers, running


def stack(folder: Path, supervisor: Process) -> Stack:
    return Stack(
        data_dir=folder,
        state=StackState.READY,
        port_base=20_000,
        temporal_address="127.0.0.1:20000",
        temporal_ui="http://127.0.0.1:20001",
        database_url="postgresql://postgres:secret@127.0.0.1:20002/handrail",
        model="http://127.0.0.1:20003/v1",
        supervisor=supervisor,
        processes={"postgres": Process.of(os.getpid())},
    )


def test_an_empty_folder_becomes_ours_and_stays_so(tmp_path: Path) -> None:
    for _ in range(2):
        with occupied(tmp_path / "new" / "data") as folder:
            assert folder.stat().st_mode & 0o077 == 0
    assert (tmp_path / "new" / "data" / "layout").read_text() == "1\n"


def test_a_stranger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with (
        pytest.raises(StackFailed, match=r"not a Handrail data folder \(it holds thesis\.txt\).*--data-dir"),
        occupied(tmp_path),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_newer_layout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "layout").write_text("2\n")
    with pytest.raises(StackFailed, match="has layout 2, this Handrail knows 1"), occupied(tmp_path):
        pass


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(StackFailed, match=r"data: File exists\. Make it a folder"), occupied(tmp_path / "data"):
        pass


def test_one_stack_at_a_time(tmp_path: Path) -> None:
    with occupied(tmp_path) as folder:
        stack(folder, Process.of(os.getpid())).write()
        with (
            pytest.raises(StackFailed, match=rf"a stack \(pid {os.getpid()}\) runs in .* Stop it: handrail down"),
            occupied(tmp_path),
        ):
            pass


def test_a_running_stack_is_found_and_its_password_is_for_the_owner(tmp_path: Path) -> None:
    stack(tmp_path, Process.of(os.getpid())).write()
    found = running(tmp_path)
    assert found
    assert found.temporal_address == "127.0.0.1:20000"
    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0


def test_another_process_of_the_same_number_is_not_the_supervisor(tmp_path: Path) -> None:
    stack(tmp_path, Process(pid=os.getpid(), started=1.0)).write()
    assert running(tmp_path) is None
    assert list(leftovers(tmp_path)) == ["postgres"]


def test_a_broken_or_missing_file_means_that_nothing_runs(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    (tmp_path / "stack.json").write_text("{")
    assert running(tmp_path) is None


def test_a_taken_port_names_its_holder() -> None:
    import socket

    base = free_block(2)
    with socket.create_server(("127.0.0.1", base)):
        assert not is_free(base)
        assert is_free(base + 1)
        with pytest.raises(
            StackFailed, match=rf"port {base} \(PostgreSQL\) is taken by .*pid {os.getpid()}.* Choose others\."
        ):
            require_free(base, "PostgreSQL", "Choose others.")
    assert is_free(base)


def test_a_folder_knows_its_business(tmp_path: Path) -> None:
    check_owner(tmp_path, "shop")
    stamp(tmp_path, "airline", "airline.business")
    check_owner(tmp_path, "airline")
    with pytest.raises(StackFailed, match=r"belongs to the business 'airline'.*HANDRAIL_BUSINESS=airline\.business"):
        check_owner(tmp_path, "shop")


def test_a_stamp_that_cannot_be_read_is_no_permission(tmp_path: Path) -> None:
    (tmp_path / OWNER_FILE).write_text("{")
    with pytest.raises(StackFailed, match="cannot be read"):
        check_owner(tmp_path, "shop")
