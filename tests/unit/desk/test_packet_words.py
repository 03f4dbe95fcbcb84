"""The packet's own sentences at the desk: each is said in every language of the desk, found in the code that writes it."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from graphs.absent import failure
from graphs.handover import summary
from graphs.handover.handoff import UNREAD
from handrail.desk.packet import LONGEST, line_of, packet_phrases
from handrail.desk.refusing import GAP, PLACE
from handrail.desk.words import languages
from handrail.domain.actions.proposals import ProposalKind, Ruling
from handrail.domain.case.handoffs import Escalation, StatedFact

ROOT = Path(__file__).parents[3]
WRITE = ("open_questions", "left", "unanswered", "next_step", "undone", "unread", "doubts")
OTHERS = [one for one in languages() if one != "en"]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WHY = Escalation(reason="risk", words="It is risky.")


def sentences() -> list[str]:
    """What the functions of `summary.py` and `deeds.py` in `graphs/handover` write, with a word in each gap."""
    texts = [(ROOT / "graphs/handover" / file).read_text(encoding="utf-8") for file in ("summary.py", "deeds.py")]
    tree = ast.parse("\n".join(text.replace("from __future__ import annotations\n", "") for text in texts))
    found = list(summary._FIND_OUT.values())
    for function in (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name in WRITE):
        for node in ast.walk(ast.Module(body=function.body[1:], type_ignores=[])):
            match node:
                case ast.JoinedStr(values=parts):
                    found.append("".join(str(one.value) if isinstance(one, ast.Constant) else "x-7" for one in parts))
                case ast.Return(value=ast.Constant(value=str(words))) if words:
                    found.append(words)
    return found


def proposed(ruling: Ruling) -> Any:
    verdict = SimpleNamespace(ruling=ruling, title="Refund 180.00 USD", messages=["over the limit"])
    proposal = SimpleNamespace(kind=ProposalKind.EFFECT, proposal_id="p-1", action="refund", arguments={})
    return SimpleNamespace(verdict=verdict, proposal=proposal)


def knowing(topic: str = "", ruled: list[Any] | None = None, exchanges: list[Any] | None = None) -> Any:
    row = SimpleNamespace(customer_id="C-1001", topic=topic)
    return SimpleNamespace(row=row, ruled=ruled or [], effects=[], begun=[], exchanges=exchanges or [], decisions=[])


@pytest.mark.parametrize("language", OTHERS)
def test_what_the_packet_says_itself_is_said_in_the_language(language: str) -> None:
    written = sentences()
    assert len(written) > 14
    for line in [*written, UNREAD, failure(RuntimeError()), summary.next_step(knowing(), WHY)]:
        assert line_of(language, line) != line, line


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize(
    ("quote", "number", "held"), list(product(("Where is it: “there”? (7)", ""), ("4711", ""), (True, False)))
)
def test_the_problem_keeps_everything_and_only_its_frame_changes(language: str, quote: str, number: str, held: bool) -> None:
    stated = [StatedFact(kind="number", value=number, words="", turn=1, at=NOON)] if number else []
    told = knowing("order_status", [proposed(Ruling.BLOCK)] if held else [])
    said = line_of(language, summary.problem(told, quote, stated, WHY))
    assert "writes about" not in said
    assert "the agent wanted" not in said
    for part in ("C-1001", "order status", quote, number, "Refund 180.00 USD" if held else ""):
        assert part in said


@pytest.mark.parametrize("language", OTHERS)
def test_rulings_and_outcomes_of_what_was_tried_are_said_in_the_language(language: str) -> None:
    call = SimpleNamespace(tool="order_status", arguments={"order_id": "4711"})
    done = [SimpleNamespace(call=call, ok=ok, result={}) for ok in (True, False)]
    for ruling in [one for one in Ruling if one is not Ruling.ALLOW]:
        for line in summary.tried(knowing(ruled=[proposed(ruling)], exchanges=done)):
            assert line_of(language, line) != line, line


@pytest.mark.parametrize("language", OTHERS)
def test_phrases_use_each_gap_once(language: str) -> None:
    for english, other in packet_phrases()[language].words.items():
        assert sorted(PLACE.findall(other)) == [str(one) for one in range(english.count(GAP))], english


@pytest.mark.parametrize("line", ["Wo ist mein Paket?", "klarna/refunds: over 100 USD needs a person", ""])
def test_what_others_wrote_stays_as_it_is(line: str) -> None:
    assert line_of("de", line) == line
    assert line_of("en", "Answer the customer.") == "Answer the customer."


def test_a_line_that_is_longer_than_any_of_the_packets_stays_as_it_is() -> None:
    long = f"Customer x writes about {'y' * LONGEST}."
    assert line_of("de", long) == long
