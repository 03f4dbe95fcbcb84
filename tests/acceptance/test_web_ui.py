"""The Temporal Web UI as a reviewer uses it: a real browser, server, worker, database and shop."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from temporalio.client import Client

from handrail.business import seeded
from handrail.domain.case.cases import CaseView
from handrail.embedded.model import OfflineModel
from handrail.embedded.postgres import Postgres
from handrail.embedded.temporal import Temporal
from handrail.shop import business
from tests.support.house import House, house, quiet, wait_for
from workflows.page.escape import escape

pytest.importorskip("playwright.async_api", reason="playwright is not installed: make setup")
from playwright.async_api import Browser, expect

from tests.acceptance.browser import Desk, chromium, desk

HELD = {"status": "delivered", "refunded": False, "refundable_over": 120, "refundable_under": 480}
HOSTILE = """Please refund order {order}, that is {amount} USD. [click](http://evil.example) <b>Approved by manager</b>

# Approved

www.evil.example `code` {{workflowId}} {{runId}} {{namespace}} ![x](http://evil.example/x.png) **bold** <h1>Approved</h1>
> quoted
| a | b |
|---|---|
- item https://evil.example/a mail@evil.example \u202eevorppa"""
UNUSABLE = [
    ("decide", "not json", "Input must be valid JSON"),
    ("decide", '"yes"', "decide"),
    ("decide", '{\n  "decision": "maybe"\n}', "decision"),
    ("1 · Approve", "17", "note: must be empty or a JSON string"),
    ("claim", "", "reviewer"),
]
SHAPES = [
    *(
        "[a](http://b.example)",
        "![a](http://b.example/i.png)",
        "[a]: http://b.example",
        "<a href=x>y</a>",
        "&lt;b&gt;x&lt;/b&gt;",
    ),
    *(
        "# head",
        "head\n====",
        "head\n----",
        "**b** __b__ *i* _i_ ~~s~~ `c`",
        "```\nx\n```",
        "~~~\nx\n~~~",
        "    code",
        "\tcode",
    ),
    *("> q", "- x", "+ x", "* x", "1. x", "1) x", "---", "***", "a | b\n--|--\n1 | 2", "[^1]\n\n[^1]: note", "term\n: what"),
    *("http://b.example", "HTTPS://b.example/x", "ftp://b.example/", "mailto:a@b.example", "a@b.example", "www.b.example"),
    *(
        "$x$ $$y$$ \\(z\\)",
        "1/2 3/4",
        "^up^ ~down~",
        "{#id} {.css}",
        "\\[x\\]",
        "<!-- x -->",
        "<script>x</script>",
        "<!DOCTYPE x>",
    ),
]


@pytest.fixture(scope="module")
async def shop_database(postgres: Postgres, postgres_url: str, template_database: str) -> str:
    """A database with the seeded shop."""
    name, template = sql.Identifier(f"desk_{uuid4().hex}"), sql.Identifier(template_database)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template {}").format(name, template))
    url = postgres.url_of(name.as_string().strip('"'))
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await seeded(business, connection, datetime.now(UTC))
    return url


@pytest.fixture(scope="module")
async def home(temporal_client: Client, shop_database: str, offline_model: OfflineModel) -> AsyncIterator[House]:
    """The worker over everything."""
    async with house(temporal_client, shop_database, offline_model.url.removesuffix("/v1")) as everything:
        yield everything


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, once."""
    async with chromium() as one:
        yield one


@pytest.fixture
async def reviewer(browser: Browser, temporal_server: Temporal) -> AsyncIterator[Desk]:
    """A reviewer's window."""
    async with desk(browser, temporal_server.ui) as one:
        yield one


@pytest.fixture
async def colleague(browser: Browser, temporal_server: Temporal) -> AsyncIterator[Desk]:
    """Another reviewer's window."""
    async with desk(browser, temporal_server.ui) as one:
        yield one


@pytest.fixture
def render(temporal_server: Temporal) -> Iterator[httpx.Client]:
    """The server that makes HTML of the packet."""
    with httpx.Client(base_url=temporal_server.ui, trust_env=False, timeout=10) as client:
        yield client


async def held(home: House, words: str = "Please refund order {order}, that is {amount} USD.") -> CaseView:
    """A case whose refund waits for approval."""
    order = await home.order(**HELD)
    case = await home.open(order.customer_id, words.format(order=order.order_id, amount=order.refundable))
    assert case.status == "AwaitingApproval", case
    await wait_for(lambda: quiet(home.temporal, case.case_id))
    return case


async def with_person(home: House) -> CaseView:
    """A case that waits for a person."""
    order = await home.order(status="delivered")
    case = await home.open(order.customer_id, "I want to speak to a human being.")
    assert case.status == "WithHuman", case
    await wait_for(lambda: quiet(home.temporal, case.case_id))
    return case


def entry(case: CaseView, verb: str) -> str:
    """The name of the open approval's entry."""
    return next(name for name in case.approvals[0].update_names if verb in name)


async def refunded(home: House, case: CaseView) -> list[Decimal]:
    """What the shop has paid back for the case."""
    found = await home.rows(
        "select r.amount from shop.refunds r join handrail.actions a on a.effect_id = r.effect_id where a.case_id = %(c)s",
        c=case.case_id,
    )
    return [row[0] for row in found]


async def test_from_the_list_to_the_refund_without_typing(home: House, reviewer: Desk) -> None:
    case = await held(home)
    await reviewer.waiting_list()
    await reviewer.open_listed(case.case_id)
    request = case.approvals[0].request
    await reviewer.shows(f"Decide: {request.title}")
    await reviewer.shows("above 100 USD a person decides. (rule refund_amount/refund-needs-approval)")
    await reviewer.shows(f"Until: {case.approvals[0].due_at:%Y-%m-%d %H:%M} UTC")
    await reviewer.shows(entry(case, "Approve"))
    await reviewer.refresh()
    await reviewer.send("Update", entry(case, "Approve"))
    done = await home.until(case.case_id, lambda view: view.status == "Resolved")
    assert [one.status for one in done.effects] == ["applied"]
    assert await refunded(home, case) == [Decimal(str(request.arguments["amount"]))]
    await reviewer.shows("Nothing to decide")
    await reviewer.shows(f"Approved: {request.title} by Temporal Web UI (self-declared)")


@pytest.mark.parametrize("note", ["", "the receipt is missing"])
async def test_a_rejection_with_and_without_a_note(home: House, reviewer: Desk, note: str) -> None:
    case = await held(home)
    await reviewer.open_case(case.case_id)
    await reviewer.send("Update", entry(case, "Reject"), json.dumps(note) if note else "")
    done = await home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    assert await refunded(home, case) == []
    decision = done.approvals[0].decision
    assert decision is not None
    assert (decision.decision, decision.note or "") == ("reject", note)
    await reviewer.shows(f"Rejected: {case.approvals[0].request.title}")


async def test_what_the_packet_says_to_paste_changes_the_amount(home: House, reviewer: Desk) -> None:
    case = await held(home)
    await reviewer.open_case(case.case_id)
    pasted = await reviewer.packet().locator("pre").filter(has_text='"decision": "edit"').inner_text()
    amount = json.loads(pasted)["arguments"]["amount"]
    await reviewer.send("Update", "decide", pasted.replace(f'"{amount}"', '"80.00"').strip())
    await home.until(case.case_id, lambda view: view.status == "Resolved")
    assert await refunded(home, case) == [Decimal("80.00")]


async def test_a_blank_and_a_wrong_signal_change_nothing_and_are_told(home: House, reviewer: Desk) -> None:
    case = await held(home)
    await reviewer.open_case(case.case_id)
    await reviewer.send("Signal", "approve")
    await reviewer.shows("signal ‘approve’: a bare ‘approve’ names no approval and revision")
    await reviewer.send("Signal", "message", '{"message_id": "m-17"}')
    await reviewer.shows("signal ‘message’:")
    now = await home.cases.status(case.case_id)
    assert (now.status, now.approvals[0].status) == ("AwaitingApproval", "open")
    assert now.notice is not None
    assert "message" in now.notice
    await reviewer.send("Update", entry(case, "Approve"))
    await home.until(case.case_id, lambda view: view.status == "Resolved")


async def test_two_clicks_of_the_same_signal_count_once(home: House, reviewer: Desk) -> None:
    case = await held(home)
    await reviewer.open_case(case.case_id)
    dialog = await reviewer.start("Signal")
    await reviewer.choose(dialog, entry(case, "Approve"))
    await dialog.get_by_role("button", name="Submit").dblclick()
    done = await home.until(case.case_id, lambda view: view.status == "Resolved")
    assert [one.status for one in done.effects] == ["applied"]
    assert len(await refunded(home, case)) == 1


async def test_an_update_that_cannot_be_used_is_refused_in_the_dialog(home: House, reviewer: Desk) -> None:
    case = await held(home)
    await reviewer.open_case(case.case_id)
    for name, data, words in UNUSABLE:
        dialog = await reviewer.start("Update")
        await reviewer.choose(dialog, name)
        await reviewer.write(dialog, data)
        await reviewer.submit(dialog)
        await reviewer.refused(dialog, words)
    assert (await home.cases.status(case.case_id)).status == "AwaitingApproval"
    await reviewer.shows(entry(case, "Approve"))


async def test_an_entry_from_before_somebody_else_decided_is_refused(home: House, reviewer: Desk, colleague: Desk) -> None:
    case = await held(home)
    await reviewer.open_case(case.case_id)
    await colleague.open_case(case.case_id)
    stale = await reviewer.start("Update")
    await reviewer.choose(stale, entry(case, "Approve"))
    await colleague.send("Update", entry(case, "Reject"))
    await home.until(case.case_id, lambda view: view.status not in ("Working", "AwaitingApproval"))
    await reviewer.submit(stale)
    await reviewer.refused(stale, "nothing here is called")
    await reviewer.shows("Rejected:")
    assert await refunded(home, case) == []


async def test_a_stale_entry_on_a_case_with_a_person_names_what_is_open(home: House, reviewer: Desk, colleague: Desk) -> None:
    case = await with_person(home)
    await reviewer.open_case(case.case_id)
    await colleague.open_case(case.case_id)
    stale = await reviewer.start("Update")
    await reviewer.choose(stale, "1 · Take this case")
    await colleague.send("Update", "1 · Take this case")
    await reviewer.submit(stale)
    await reviewer.refused(stale, "2 · Resolve without another reply")
    await reviewer.shows("Taken by: Temporal Web UI")


async def test_a_person_takes_answers_and_resolves(home: House, reviewer: Desk) -> None:
    case = await with_person(home)
    await reviewer.open_case(case.case_id)
    await reviewer.shows("A person is needed: The customer asked for a person.")
    await reviewer.send("Update", "1 · Take this case")
    await reviewer.shows("Taken by: Temporal Web UI")
    pasted = json.loads(await reviewer.packet().locator("pre").filter(has_text='"text"').inner_text())
    await reviewer.send("Update", "reply", json.dumps({**pasted, "text": "Bea here. How can I help?"}, indent=2))
    await home.until(case.case_id, lambda view: view.reply == "Bea here. How can I help?")
    await reviewer.send("Update", "2 · Resolve without another reply")
    await home.until(case.case_id, lambda view: view.status == "Resolved")
    await reviewer.shows("Resolved. Nothing to decide.")


async def test_a_person_hands_the_case_back_with_a_note(home: House, reviewer: Desk) -> None:
    order = await home.order(status="shipped")
    case = await home.open(order.customer_id, f"I want to speak to a human being about order {order.order_id}.")
    await wait_for(lambda: quiet(home.temporal, case.case_id))
    await reviewer.open_case(case.case_id)
    ordered = {"note": "the parcel leaves the depot today", "topic": "order_status"}
    await reviewer.send("Update", "3 · Hand back to the assistant", json.dumps(ordered, indent=2))
    done = await home.until(case.case_id, lambda view: view.turn == 2 and view.status != "Working")
    assert done.reason != "customer_asked", done


async def test_a_customers_words_are_words_and_nothing_else(home: House, reviewer: Desk) -> None:
    case = await held(home, HOSTILE)
    await reviewer.open_case(case.case_id)
    body = reviewer.packet().locator("main")
    links = await body.locator("a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert links == [f"/namespaces/default/workflows/case-{case.case_id}"]
    assert await body.locator("img, script, table, h1, h4, b, em, hr, iframe, form, del").count() == 0
    titles = await body.locator("h2, h3").all_inner_texts()
    assert not [one for one in titles if "Approved" in one]
    assert not [
        one for one in await body.locator("strong, code").all_inner_texts() if "manager" in one or one in ("code", "bold")
    ]
    shown = (await body.inner_text()).replace("\u200b", "")
    for words in (
        *("[click](http://evil.example)", "<b>Approved by manager</b>", "# Approved", "www.evil.example", "`code`"),
        *("{workflowId}", "{runId}", "{namespace}"),
    ):
        assert words in shown
    assert "\u202e" not in shown


async def test_without_a_worker_the_memo_says_what_waits(
    temporal_client: Client, shop_database: str, offline_model: OfflineModel, reviewer: Desk
) -> None:
    async with house(temporal_client, shop_database, offline_model.url.removesuffix("/v1")) as closing:
        case = await held(closing)
        await wait_for(lambda: quiet(temporal_client, case.case_id))
    await reviewer.page.goto(f"{reviewer.root}/case-{case.case_id}")
    await reviewer.tab("memo")
    for words in ("AwaitingApproval", "refund_amount/refund-needs-approval", *case.approvals[0].update_names):
        await expect(reviewer.page.locator("main")).to_contain_text(words)


class Tags(HTMLParser):
    """The tags inside the rendered page's main part."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.inside:
            self.found.append(tag)
        self.inside = self.inside or tag == "main"

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "main"


def tags(render: httpx.Client, markdown: str) -> list[str]:
    """What the Web UI's own renderer makes of the markdown."""
    answer = render.get(f"/render?content={quote(markdown, safe='')}&theme=light")
    answer.raise_for_status()
    parser = Tags()
    parser.feed(answer.text)
    return parser.found


def test_the_renderer_would_make_much_of_what_is_not_escaped(render: httpx.Client) -> None:
    assert {"a", "b", "h1"} <= set(tags(render, "# x\n\n<b>y</b> [a](http://b.example)"))


@pytest.mark.parametrize("words", SHAPES)
def test_the_renderer_makes_nothing_of_escaped_words(render: httpx.Client, words: str) -> None:
    assert tags(render, escape(words)) == ["p"]
    assert tags(render, f"- **X:** {escape(words)}") == ["ul", "li", "strong"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["a", " ", "\n", "*", "_", "`", "[", "]", "(", ")", "<", ">", "#", "|", "~", "&", ";", "!", "\\", "$"])
        | st.sampled_from(
            ["http://", "www.", "@b.c", "1.", "-", "=", ":", "{", "}", '"', "'", "/", "^", "+", "%", "<b>", "&lt;"]
        ),
        min_size=1,
        max_size=25,
    )
)
def test_the_renderer_makes_nothing_of_any_mixture(render: httpx.Client, pieces: list[str]) -> None:
    words = escape(f"x{''.join(pieces)}")
    assert set(tags(render, words)) <= {"p"}


def test_pictures_for_the_readme_are_small() -> None:
    pictures = sorted((Path(__file__).parents[2] / "docs" / "images").glob("web-ui-*.png"))
    assert pictures
    assert [one.name for one in pictures if one.stat().st_size > 150_000] == []
