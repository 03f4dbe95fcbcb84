"""The page of OWASP's risks names tests: each of them exists, and each risk has one and says what is not met."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r"^- `(tests/[\w/]+\.py)::(\w+)`$", re.MULTILINE)


def sections() -> dict[str, str]:
    """The page's text by risk."""
    parts = re.split(r"^## (ASI\d\d) .*$", (ROOT / "docs/operating/owasp.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_risk_has_tests_and_says_what_is_not_met() -> None:
    found = sections()
    assert list(found) == [f"ASI{number:02}" for number in range(1, 11)]
    for risk, text in found.items():
        assert NAMED.search(text), f"{risk} names no test"
        assert "\nNot met: " in text, f"{risk} does not say what is not met"
        assert len(NAMED.findall(text)) == text.count("\n- "), f"{risk} names a test that cannot be read"


def test_every_test_that_it_names_exists() -> None:
    for path, name in NAMED.findall("".join(sections().values())):
        tree = ast.parse((ROOT / path).read_text())
        names = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in names, f"{path} has no test {name}"
