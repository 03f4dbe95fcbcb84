"""Sending webhooks to a real receiver: signed with what the official library checks, and to no place of the house's own."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from handrail.domain.errors import InvalidInput
from handrail.domain.webhooks import DELAYS, pause
from handrail.webhooks.addresses import check_url, refusal
from handrail.webhooks.sealing import KeySeal, new_secret
from handrail.webhooks.sending import HttpSender, asked
from tests.support.certificates import certificate
from tests.support.receiving import receiver, status

BODY = '{"type":"case.reply","data":{"note":"Grüße"}}'.encode()


async def test_what_is_sent_is_what_was_signed_with_each_secret() -> None:
    old, new = new_secret(), new_secret()
    async with receiver() as there:
        url = f"http://127.0.0.1:{there.port}/hooks?a=1"
        answered = await HttpSender(loopback=True).send(url, "msg_1", BODY, [new, old], datetime.now(UTC))
    assert answered.taken
    (came,) = there.came
    assert came.body == BODY
    assert came.path == "/hooks?a=1"
    assert came.headers["host"] == f"127.0.0.1:{there.port}"
    for secret in (old, new):
        assert Webhook(secret).verify(came.body, came.headers) == {"type": "case.reply", "data": {"note": "Grüße"}}
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(new_secret()).verify(came.body, came.headers)


async def test_certificates_are_read_once_and_not_for_each_message(monkeypatch: pytest.MonkeyPatch) -> None:
    read, plain = list[None](), ssl.create_default_context

    def counted(*args: Any, **options: Any) -> ssl.SSLContext:
        read.append(None)
        return plain(*args, **options)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    async with receiver() as there:
        sender, url = HttpSender(loopback=True), f"http://127.0.0.1:{there.port}/"
        for number in range(3):
            assert (await sender.send(url, f"msg_{number}", BODY, [new_secret()], datetime.now(UTC))).taken
    assert len(read) == 1


async def test_answers_are_bounded_in_time_and_size_and_redirects_are_not_followed() -> None:
    secrets = [new_secret()]
    endless = b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n" + b"x" * 200_000
    async with receiver() as there, receiver() as elsewhere:
        url, now = f"http://127.0.0.1:{there.port}/", datetime.now(UTC)
        there.answers = [
            status(307, f"location: http://127.0.0.1:{elsewhere.port}/"),
            status(302, "location: http://169.254.169.254/latest/meta-data/"),
            None,
            status(410),
            status(429, "retry-after: 7"),
            endless,
        ]
        patient, hasty = HttpSender(loopback=True, seconds=60), HttpSender(loopback=True, seconds=2)
        senders = (patient, patient, hasty, patient, patient)
        found = [await one.send(url, "msg_1", BODY, secrets, now) for one in senders]
        large = await patient.send(url, "msg_1", BODY, secrets, now)
    assert [one.status for one in found] == [307, 302, None, 410, 429]
    assert found[0].words == "answered 307; redirects are not followed"
    assert found[2].words == "no answer within 2 s"
    assert found[3].gone
    assert found[4].after == 7
    assert not any(one.taken for one in found)
    assert large.taken
    assert len(there.came) == 6
    assert elsewhere.came == []


OWN = """127.0.0.1 10.1.2.3 192.168.0.9 172.16.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 240.0.0.1
::1 :: fe80::1 fc00::1 fd00:ec2::254 ::ffff:10.0.0.1 64:ff9b::a9fe:a9fe 2002:7f00:1:: ff02::1"""


@pytest.mark.parametrize("address", OWN.split())
def test_no_address_of_the_house_is_reached(address: str) -> None:
    assert refusal(ipaddress.ip_address(address), loopback=False)
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(InvalidInput, match="Name a public address"):
        check_url(f"https://{host}/")


WRITTEN = """localhost LOCALHOST localhost. hooks.localhost 127.1 127.0.0.1. 2130706433 0x7f.1 0177.0.0.1 0xa9fea9fe
10.1 0 192.168.9"""


@pytest.mark.parametrize("host", [*WRITTEN.split(), *OWN.split()])
async def test_what_is_written_as_the_houses_own_is_refused_at_once_and_at_sending_in_the_same_words(host: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError("nothing is looked up")

    url = f"https://[{host}]/" if ":" in host else f"https://{host}/"
    with pytest.raises(InvalidInput) as refused:
        check_url(url)
    answered = await HttpSender(resolve=resolve).send(url, "msg_1", BODY, [new_secret()], datetime.now(UTC))
    assert f"{answered.words}." == str(refused.value)
    assert not answered.words.endswith(".")


def test_a_setting_for_development_allows_this_machine_however_it_is_written_and_nothing_else() -> None:
    for scheme in ("http", "https"):
        for host in ("localhost", "hooks.localhost", "127.1", "127.0.0.1", "[::1]"):
            assert check_url(f"{scheme}://{host}:8000/", loopback=True)
    for host in ("10.1", "192.168.0.9", "[fe80::1]", "169.254.169.254"):
        with pytest.raises(InvalidInput, match="Name a public address"):
            check_url(f"https://{host}/", loopback=True)
    for name in ("example.com", "xn--bcher-kva.example", "a_b.example.", "1e100.example", "0x7f.example", "8.8.8.8"):
        assert check_url(f"https://{name}/")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:21f:cb07::1"])
def test_public_addresses_are_reached(address: str) -> None:
    assert refusal(ipaddress.ip_address(address), loopback=False) is None


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "ftp://example.com", "https://", "https://a@example.com/", "https://example.com/#x", ""),
        *("https://[::1", "http://127.0.0.1/", "https://exa mple.com/", "https://example.com:99999/", "javascript:alert(1)"),
        *("https://%6cocalhost/", "https://a..example/", "https://-/", "https://.example/", "https://a|b.example/"),
    ],
)
def test_addresses_that_are_none_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        check_url(url)


async def test_a_name_is_looked_up_once_an_attempt_and_that_address_is_used() -> None:
    looked: list[str] = []
    answers = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1", "10.0.0.7"], []]

    async def resolve(host: str, port: int) -> list[str]:
        looked.append(host)
        return answers[len(looked) - 1]

    async with receiver() as there:
        sender = HttpSender(loopback=True, resolve=resolve)
        url, now = f"http://localhost:{there.port}/", datetime.now(UTC)
        found = [await sender.send(url, "msg_1", BODY, [new_secret()], now) for _ in range(4)]
        assert found[0].taken
        assert "localhost resolves to 169.254.169.254: that is a link-local address" in found[1].words
        assert "resolves to 10.0.0.7" in found[2].words
        assert "no address" in found[3].words
        assert len(looked) == 4
        assert len(there.came) == 1
        strict = HttpSender(resolve=resolve)
        looked.clear()
        refused = await strict.send(f"https://receiver.test:{there.port}/", "msg_1", BODY, [new_secret()], now)
    assert "resolves to 127.0.0.1: that is this machine itself" in refused.words
    assert len(there.came) == 1


async def test_the_certificate_is_held_against_the_name_not_the_address(tmp_path: Path) -> None:
    server, trust = certificate(tmp_path, "receiver.test")

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with receiver(server) as there:
        sender = HttpSender(loopback=True, resolve=resolve, trust=trust)
        now, secrets = datetime.now(UTC), [new_secret()]
        right = await sender.send(f"https://receiver.test:{there.port}/", "msg_1", BODY, secrets, now)
        other = await sender.send(f"https://other.test:{there.port}/", "msg_1", BODY, secrets, now)
    assert right.taken, right.words
    assert not other.taken
    assert "CERTIFICATE_VERIFY_FAILED" in other.words
    assert len(there.came) == 1


def test_pauses_grow_over_three_days_and_heed_the_receiver() -> None:
    found = [pause(n, 0.0, None) for n in range(1, 12)]
    assert found[: len(DELAYS)] == [float(one) for one in DELAYS]
    assert found[len(DELAYS) :] == [None, None]
    assert sum(DELAYS) > timedelta(days=3).total_seconds()
    assert pause(1, 1.0, None) == 6
    assert pause(1, 0.0, 7) == 7
    assert pause(1, 0.0, 10**9) == DELAYS[-1]
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    assert asked("7", now) == 7
    assert asked("Mon, 04 May 2026 12:01:00 GMT", now) == 60
    assert asked("Mon, 04 May 2026 11:00:00 GMT", now) == 0
    for odd in (None, "soon", "-3", "٣"):
        assert asked(odd, now) is None


def test_a_secret_is_read_with_its_key_alone() -> None:
    secret, seal = new_secret(), KeySeal("k" * 32)
    sealed = seal.seal(secret)
    assert secret not in sealed
    assert secret[6:] not in sealed
    assert seal.open(sealed) == secret
    with pytest.raises(InvalidInput, match="is not the key that the secrets were sealed with"):
        KeySeal("x" * 32).open(sealed)
    with pytest.raises(InvalidInput, match="has 0 characters, 32 are needed"):
        KeySeal("").seal(secret)
