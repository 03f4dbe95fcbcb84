"""`handrail webhooks` against a real database and a real receiver."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook
from typer.testing import CliRunner

from handrail.cli.main import app
from tests.postgres.conftest import Run
from tests.support.receiving import Receiver, receiver, status


class Shell:
    """Commands against one database, without a stack."""

    def __init__(self, url: str, **more: str) -> None:
        self._runner = CliRunner(env={"HANDRAIL_DATABASE_URL": url, "COLUMNS": "200", **more})

    def __call__(self, *words: str, code: int = 0) -> str:
        done = self._runner.invoke(app, ["webhooks", *words])
        assert done.exit_code == code, done.output
        return done.stdout if code in (0, 3) and done.stdout else done.stderr

    def document(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code))


@pytest.fixture
def shell(shop_database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(shop_database_url, HANDRAIL_WEBHOOK_KEY="k" * 32, HANDRAIL_WEBHOOKS_LOOPBACK="true")


@pytest.fixture
def there() -> Iterator[Receiver]:
    """A receiver in a loop of its own: commands run loops of theirs."""
    loop, box, began = asyncio.new_event_loop(), list[Receiver](), threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        async with receiver() as found:
            box.append(found)
            began.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert began.wait(30)
    yield box[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()


def test_the_way_of_a_webhook_by_commands(shell: Shell, there: Receiver) -> None:
    url = f"http://127.0.0.1:{there.port}/hooks"
    made = shell.document("add", url, "--owner", "ann", "--kind", "reply", "--kind", "resolved")
    assert made["secret"].startswith("whsec_")
    (listed,) = shell.document("list")
    assert (listed["url"], listed["kinds"], listed["owner"]) == (url, ["reply", "resolved"], "ann")
    assert made["secret"] not in shell("list")
    fresh = shell.document("rotate", made["endpoint_id"])
    assert shell.document("test", made["endpoint_id"])["status"] == 200
    (came,) = there.came
    for secret in (made["secret"], fresh["secret"]):
        assert Webhook(secret).verify(came.body, came.headers)["type"] == "webhook.test"
    there.answers = [status(307, "location: https://example.com/")]
    assert "answered 307; redirects are not followed" in shell("test", made["endpoint_id"], code=3)
    assert shell.document("dead") == []
    shell("remove", made["endpoint_id"])
    assert shell.document("list") == []
    assert "there is no webhook" in shell("remove", made["endpoint_id"], code=3)


async def test_no_secret_stands_in_the_database_as_it_is(shell: Shell, run: Run) -> None:
    made = await asyncio.to_thread(shell.document, "add", "https://example.com/hooks", "--owner", "ann")
    ((sealed,),) = await run("SELECT sealed FROM handrail.webhook_secrets")
    assert made["secret"][6:] not in sealed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "http://example.com/", "--owner", "ann"), "Events are sent over https alone"),
        (("add", "https://169.254.169.254/", "--owner", "ann"), "where clouds keep their metadata"),
        (("add", "https://10.1/hooks", "--owner", "ann"), "10.1: that is no address of the public internet. Name a public"),
        (("add", "https://example.com/", "--owner", "ann", "--kind", "nope"), "'nope' is no kind of event"),
        (("rotate", "wh-none"), "there is no webhook 'wh-none'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(shell: Shell, words: tuple[str, ...], said: str) -> None:
    assert said in shell(*words, code=3)
    assert shell.document("list") == []


def test_this_machine_is_refused_at_once_and_at_sending_in_the_same_words(shell: Shell, shop_database_url: str) -> None:
    strict = Shell(shop_database_url, HANDRAIL_WEBHOOK_KEY="k" * 32, HANDRAIL_WEBHOOKS_LOOPBACK="false")
    said = "url: localhost: that is this machine itself. Name a public address."
    assert said in " ".join(strict("add", "https://localhost:8443/hooks", "--owner", "ann", code=3).split())
    assert strict.document("list") == []
    made = shell.document("add", "https://localhost:8443/hooks", "--owner", "ann")
    sent = " ".join(strict("test", made["endpoint_id"], code=3).split())
    assert sent.endswith(f"{made['endpoint_id']}: {said}")


def test_without_a_key_nothing_is_added(shop_database_url: str) -> None:
    bare = Shell(shop_database_url, HANDRAIL_WEBHOOK_KEY="")
    assert "has 0 characters, 32 are needed" in bare("add", "https://example.com/", "--owner", "ann", code=3)
    assert bare.document("list") == []
