"""The script of the offline model: what the next requests meet, and the same request again."""

from __future__ import annotations

from typing import Any

from handrail.llm.offline.app import same_step
from handrail.llm.offline.script import Behaviour, Entry, Script
from handrail.llm.offline.wire import ChatRequest


def script(*, steady: bool) -> Script:
    made = Script()
    for number in range(3):
        made.add(Entry(times=1 if number < 2 else None, steady=steady, behaviour=Behaviour(reply=f"answer {number}")))
    return made


def met(made: Script, *steps: object) -> list[str | None]:
    found = [made.take("hello", "hello", step) for step in steps]
    return [one.reply if one else None for one in found]


def test_a_steady_request_that_comes_again_is_answered_as_before_and_uses_nothing_up() -> None:
    made = script(steady=True)
    assert met(made, "a", "a", "b", "a", "c", "b") == [f"answer {number}" for number in (0, 0, 1, 0, 2, 1)]
    assert len(made.entries) == 1


def test_it_is_answered_so_after_the_next_turns_script_came_too() -> None:
    made = script(steady=True)
    assert met(made, "a") == ["answer 0"]
    made.clear()
    made.add(Entry(times=1, steady=True, behaviour=Behaviour(reply="the next turn's")))
    assert met(made, "a", "b") == ["answer 0", "the next turn's"]
    made.forget()
    assert met(made, "a") == [None]


def test_without_a_step_or_without_steady_each_request_uses_one_up() -> None:
    assert met(script(steady=True), None, None, None) == ["answer 0", "answer 1", "answer 2"]
    assert met(script(steady=False), "a", "a", "a") == ["answer 0", "answer 1", "answer 2"]


def test_an_entry_for_a_case_is_met_by_that_case_alone() -> None:
    made = Script()
    made.add(Entry(case="play-2", behaviour=Behaviour(reply="for the second")))
    assert made.take("hello", "hello", "a", "play-1") is None
    assert made.take("hello", "hello", None) is None
    found = made.take("hello", "hello", "a", "play-2")
    assert found is not None
    assert found.reply == "for the second"


def asked(*before: tuple[str, str], told: str = "…") -> ChatRequest:
    """A request of a turn whose customer said yes, behind these calls with their arguments."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": told}, {"role": "user", "content": "yes"}]
    for number, (name, arguments) in enumerate(before):
        call = {"id": f"c-{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
        messages.append({"role": "assistant", "tool_calls": [call]})
        messages.append({"role": "tool", "content": "{}", "tool_call_id": f"c-{number}"})
    return ChatRequest.model_validate({"model": "m", "messages": messages})


def test_a_second_yes_and_a_hand_back_are_other_steps() -> None:
    first, second = asked(("change", '{"order": 1}')), asked(("change", '{"order": 2}'))
    assert same_step(first, "yes", ["change"], "case-1") != same_step(second, "yes", ["change"], "case-1")
    assert same_step(first, "yes", ["change"], "case-1") == same_step(first, "yes", ["change"], "case-1")
    assert same_step(asked(), "yes", [], "case-1") != same_step(asked(told="Handed back."), "yes", [], "case-1")
    assert same_step(first, "yes", ["change"], None) is None
