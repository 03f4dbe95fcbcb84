"""A connection to Temporal: what it costs on one machine, and what it costs across a network."""

from datetime import timedelta

import pytest
from temporalio.service import RPCError, RPCStatusCode

from handrail.domain.errors import InvalidInput
from handrail.embedded.ports import free_block
from handrail.temporal.acting import acting_as
from handrail.temporal.connect import on_this_machine
from handrail.temporal.late import connect_late, reached


@pytest.mark.parametrize("address", ["localhost:7233", "127.0.0.1:7233", "127.1.2.3:80", "[::1]:7233"])
def test_nothing_is_compressed_on_the_loopback(address: str) -> None:
    assert on_this_machine(address)


@pytest.mark.parametrize("address", ["temporal:7233", "10.0.0.4:7233", "cases.acct.tmprl.cloud:7233", "localhost.example:1"])
def test_a_network_is_spared(address: str) -> None:
    assert not on_this_machine(address)


async def test_a_client_that_nobody_answers_ends_each_call_at_once_as_with_a_server_that_is_away() -> None:
    client = await connect_late(f"127.0.0.1:{free_block(1)}", "shop")
    assert not reached(client)
    for one in (client, acting_as(client, "ann")):
        with pytest.raises(RPCError, match="since this process began") as refused:
            await one.service_client.check_health(timeout=timedelta(seconds=1))
        assert refused.value.status is RPCStatusCode.UNAVAILABLE
        assert list(refused.value.grpc_status.details) == []


async def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(InvalidInput, match="temporal_address"):
        await connect_late("not an address")
