"""Figures of the processes of one stack: each serves at an address of its own, which is free before anything starts."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from pydantic import ValidationError

from handrail.embedded.figures import VARIABLES, addresses_of
from handrail.embedded.ports import HOST, free_block
from handrail.embedded.process import StackFailed
from handrail.embedded.stack import Embedded, StackPlan
from handrail.settings import Settings

NAMED = {"worker": "127.0.0.1:9464", "api": "127.0.0.1:9465", "mail": "127.0.0.1:9466"}


def test_each_further_worker_serves_ten_ports_above() -> None:
    assert addresses_of(NAMED, ["worker", "worker-2", "worker-3"], mail=True) == {
        "worker": "127.0.0.1:9464",
        "worker-2": "127.0.0.1:9474",
        "worker-3": "127.0.0.1:9484",
        "api": "127.0.0.1:9465",
        "mail": "127.0.0.1:9466",
    }


def test_what_serves_none_has_no_address() -> None:
    assert addresses_of({}, ["worker"], mail=True) == {}
    assert addresses_of({"mail": "127.0.0.1:9466"}, ["worker"], mail=False) == {}
    assert addresses_of({"worker": "[::1]:9464"}, ["worker"], mail=False) == {"worker": "[::1]:9464"}


def test_two_at_one_address_are_refused_by_name() -> None:
    with pytest.raises(StackFailed, match="HANDRAIL_API_METRICS_ADDRESS: api and worker-2 would both serve at port 9474"):
        addresses_of({"worker": "127.0.0.1:9464", "api": "127.0.0.1:9474"}, ["worker", "worker-2"], mail=False)
    with pytest.raises(StackFailed, match="worker-2 would serve at port 65540, and there is none"):
        addresses_of({"worker": "127.0.0.1:65530"}, ["worker", "worker-2"], mail=False)


def test_each_worker_is_started_with_its_own(tmp_path: Path) -> None:
    embedded = Embedded(StackPlan(tmp_path, free_block(), workers=2, figures={"worker": "127.0.0.1:9464"}))
    given = [worker.command().environment[VARIABLES["worker"]] for worker in embedded.workers]
    assert given == ["127.0.0.1:9464", "127.0.0.1:9474"]


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    port = free_block(1)
    embedded = Embedded(StackPlan(tmp_path, free_block(), workers=1, figures={"worker": f"{HOST}:{port}"}))
    embedded.check_ports()
    with socket.create_server((HOST, port)):
        expected = rf"port {port} \(figures of worker\) is taken by .*\(pid {os.getpid()}\).*HANDRAIL_METRICS_ADDRESS"
        with pytest.raises(StackFailed, match=expected):
            embedded.check_ports()


@pytest.mark.parametrize("variable", VARIABLES.values())
@pytest.mark.parametrize("address", ["9464", "example.org:9464", "127.0.0.1:0x", "127.0.0.1:0", "127.0.0.1:99999"])
def test_what_is_no_address_is_refused_by_the_settings(variable: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, address)
    with pytest.raises(ValidationError) as refused:
        Settings()
    words = Settings.in_words(refused.value)
    assert variable in words
    assert "127.0.0.1:9464" in words
