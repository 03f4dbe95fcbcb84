"""The worked rules of the page for policy authors load, and their examples hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from handrail.definitions import Document
from handrail.policies.asked import asked
from handrail.policies.names import of_business
from handrail.policies.sets import PolicySet, build
from handrail.policies.trials import tried, untried
from handrail.shop import business

PAGE = (Path(__file__).parents[3] / "docs" / "agent" / "policies.md").read_text()
BLOCKS = re.findall(r"^```yaml ?(\S*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WORKED = {label.removeprefix("policy="): text for label, text in BLOCKS if label}
KNOWN = of_business(business)


def load(name: str, text: str) -> PolicySet:
    return build([Document.of(Path(f"{name}.yaml"), text.encode())], KNOWN)


def test_there_are_eleven() -> None:
    assert len(WORKED) == 11


@pytest.mark.parametrize("name", [*WORKED, "first"])
def test_a_worked_rule_loads_and_its_examples_reach_every_rule(name: str) -> None:
    made = load(name, WORKED.get(name) or BLOCKS[0][1])
    (policy,) = made.policies
    trials = tried(policy, made.expressions, KNOWN)
    assert len(trials) >= 2
    assert untried(policy, trials) == []


@pytest.mark.parametrize("name", WORKED)
def test_the_examples_are_what_holds_it_up(name: str) -> None:
    """A rule that is left out is missed by an example: none of them would pass anyway."""
    made = load(name, WORKED[name])
    (policy,) = made.policies
    for rule in policy.rules.rules:
        others = [one for one in policy.rules.rules if one is not rule]
        without = policy.model_copy(update={"rules": policy.rules.model_copy(update={"rules": others})})
        assert not all(one.passed for one in tried(without, made.expressions, KNOWN)), rule.id


def test_all_of_them_can_be_in_force_together() -> None:
    made = build([Document.of(Path(f"{name}.yaml"), text.encode()) for name, text in WORKED.items()], KNOWN)
    assert len(made.policies) == 11


def test_the_proposal_of_the_page_can_be_asked_about() -> None:
    (text,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    proposal, facts = asked(text, business, KNOWN)
    assert (proposal.action, facts["case.turn"], facts["customer.flags"]) == (json.loads(text)["action"], 2, [])


def test_every_group_of_names_on_the_page_is_one() -> None:
    named = set(re.findall(r"`((?:case|classification|customer|proposal)\.[a-z_]+)`", PAGE))
    assert named
    assert not {name for name in named if name not in KNOWN.facts and not name.startswith("proposal.arguments")}
