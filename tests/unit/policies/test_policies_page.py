"""What the page about expressions says: its declarations, and every file on it with its examples."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from handrail.definitions import Document
from handrail.domain.policy.shapes import Shape
from handrail.policies.language.calendars import WorkingDays
from handrail.policies.language.functions import FUNCTIONS
from handrail.policies.names import PolicyNames, known
from handrail.policies.sets import PolicySet, build
from handrail.policies.trials import tried, untried
from handrail.policies.worlds import world_of

PAGE = (Path(__file__).parents[3] / "docs" / "agent" / "policies-expressions.md").read_text()
BLOCKS = dict(re.findall(r"^```yaml policy=(\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


(TABLES,) = re.findall(r"^```yaml tables\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DECLARED: dict[str, Any] = {}
for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
    exec(block, DECLARED)
WORLD = world_of([Document.of(Path("tables.yaml"), TABLES.encode())], WorkingDays(DECLARED["calendar"]))


@pytest.fixture(scope="module")
def names() -> PolicyNames:
    facts: dict[str, Shape] = DECLARED["facts"]
    return known(facts, ["book_flight"], ["book_flight"])


def load(name: str, names: PolicyNames) -> PolicySet:
    return build([Document.of(Path(f"{name}.yaml"), BLOCKS[name].encode())], names, WORLD)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_file_of_the_page_loads_and_its_examples_reach_every_rule(name: str, names: PolicyNames) -> None:
    made = load(name, names)
    (policy,) = made.policies
    assert untried(policy, tried(policy, made.expressions, names)) in ([], ["default_action"])


@pytest.mark.parametrize("name", BLOCKS)
def test_an_example_misses_each_rule_that_is_left_out(name: str, names: PolicyNames) -> None:
    made = load(name, names)
    (policy,) = made.policies
    for rule in policy.rules.rules:
        others = [one for one in policy.rules.rules if one is not rule]
        without = policy.model_copy(update={"rules": policy.rules.model_copy(update={"rules": others})})
        assert not all(one.passed for one in tried(without, made.expressions, names)), rule.id


def test_every_function_stands_on_the_pages() -> None:
    pages = PAGE + (Path(__file__).parents[3] / "docs" / "agent" / "policies.md").read_text()
    assert not [name for name in FUNCTIONS if name not in pages]
