"""A connection to Temporal: what it costs on one machine, and what it costs across a network."""

import pytest

from handrail.temporal.connect import on_this_machine


@pytest.mark.parametrize("address", ["localhost:7233", "127.0.0.1:7233", "127.1.2.3:80", "[::1]:7233"])
def test_nothing_is_compressed_on_the_loopback(address: str) -> None:
    assert on_this_machine(address)


@pytest.mark.parametrize("address", ["temporal:7233", "10.0.0.4:7233", "cases.acct.tmprl.cloud:7233", "localhost.example:1"])
def test_a_network_is_spared(address: str) -> None:
    assert not on_this_machine(address)
