"""Refusals at the desk: whatever is refused there is said in the reader's language, found in the code that refuses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from handrail.api.problems.table import PROBLEMS
from handrail.chat.pages import KINDS, WORDS, kind_of
from handrail.chat.plain import unsaid
from handrail.desk.pages import FRAMEWORK
from handrail.desk.refusing import GAP, PLACE, refusal_words, why
from handrail.desk.sessions import LACKS
from handrail.desk.words import languages
from handrail.domain.autonomy.topics import Autonomy
from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.classification import Risk
from handrail.domain.errors import HandrailError, IllegalTransition, InvalidInput
from handrail.domain.team.commands import HandBack
from handrail.temporal.cases.client import made
from tests.unit.definitions.test_shop_definitions import REASONS

ROOT = Path(__file__).parents[3]
SAID_AS_AWAY = ("Unreachable", "TimedOut")
"""Kinds that the desk has words of its own for."""
REFUSE = {*PROBLEMS, "LinkInvalid"} - set(SAID_AS_AWAY)
SHOWN = [
    *sorted((ROOT / "handrail/desk").rglob("*.py")),
    ROOT / "handrail/domain/policy/batching.py",
    *(ROOT / "handrail/api/access" / f"{name}.py" for name in ("bearer", "limits", "oidc", "provider")),
    *(
        ROOT / "handrail/domain" / name
        for name in ("actions/decisions.py", "team/reviewers.py", "team/speaking.py", "case/messages.py")
    ),
    *(ROOT / "handrail/postgres/quality" / f"{name}.py" for name in ("alarms", "labels")),
    ROOT / "handrail/quality/judging/labelling.py",
    ROOT / "activities/recusing.py",
    ROOT / "handrail/temporal/cases/updates.py",
    ROOT / "handrail/wiring/front/house.py",
    *(ROOT / "workflows" / name for name in ("handlers/authorize.py", "handlers/recusing.py", "steps/handback.py")),
]
"""Files whose refusals reach a page of the desk."""
OF_COMMANDS = ("with_person", "check_claim", "check_release", "undecided")
"""What people at the desk send goes through these of `workflows/handlers/commands.py`."""


def text_of(node: ast.expr) -> str | None:
    """The words of a refusal, with gaps; None where they are made elsewhere."""
    match node:
        case ast.Constant(value=str(words)):
            return words
        case ast.JoinedStr(values=parts):
            return "".join(str(one.value) if isinstance(one, ast.Constant) else GAP for one in parts)
    return None


def refusals(tree: ast.AST) -> Iterator[str]:
    """The words of every refusal that the code makes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSE and node.args:
            words = text_of(node.args[0])
            if words is not None:
                yield words


def shown() -> Iterator[str]:
    for file in SHOWN:
        yield from refusals(ast.parse(file.read_text(encoding="utf-8")))
    commands = ast.parse((ROOT / "workflows/handlers/commands.py").read_text(encoding="utf-8"))
    for node in ast.walk(commands):
        if isinstance(node, ast.FunctionDef) and node.name in OF_COMMANDS:
            yield from refusals(node)
    yield LACKS


@pytest.mark.parametrize("language", sorted(set(languages()) - {"en"}))
def test_every_refusal_of_the_desk_has_words_in_every_language(language: str) -> None:
    known = refusal_words()[language]
    found = set(shown())
    assert len(found) > 60, "the refusals are not where this looks for them"
    lacking = [words for words in found if known.said(words.replace(GAP, "x")) is None]
    assert not lacking, f"handrail/desk/refusals/{language}.yaml says nothing of: {lacking}"
    assert set(PROBLEMS) <= set(known.kinds)
    for words, said in known.words.items():
        assert {int(place) for place in PLACE.findall(said)} <= set(range(words.count(GAP))), words


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_status_and_reason_has_words_in_every_language(language: str) -> None:
    words = languages()[language]
    wanted = [f"status_{one}" for one in CaseStatus] + [f"risk_{one}" for one in Risk] + [f"level_{one}" for one in Autonomy]
    wanted += [f"reason_{one}" for one in REASONS] + list(FRAMEWORK.values())
    assert not [key for key in wanted if key not in words]


@pytest.mark.parametrize("language", sorted(WORDS.languages))
def test_every_kind_of_trouble_of_the_chat_has_words_in_every_language(language: str) -> None:
    kinds = {kind_of(status) for status in [*KINDS, *(one.status for one in PROBLEMS.values())]}
    for text in ("", "x" * 8_001, "\x00"):
        kinds.add(unsaid(InvalidInput("no"), text))
    assert kinds <= set(WORDS.languages[language])


def refused(**fields: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as error:
        made(HandBack, reviewer="ann", **fields)
    return error.value


def test_a_field_that_is_empty_or_too_long_is_named_in_german() -> None:
    assert why(refused(note=""), "de") == ("Notiz: ist leer. Bitte schreiben Sie etwas.", "")
    assert (
        why(refused(note="x" * 2_001), "de").words
        == "Notiz: ist zu lang, höchstens 2000 Zeichen gehen. Bitte kürzen Sie den Text."
    )
    assert why(refused(note="x" * 2_001), "en").words == "note: String should have at most 2000 characters."


def test_a_refusal_within_a_refusal_is_said_whole_and_an_unknown_one_by_its_kind() -> None:
    inner = "reviewer: bob is agent; this takes support or higher. Who may: ann, eve."
    error = IllegalTransition(f"‘approve’ by bob does not count. {inner} It is asked again as r2.")
    assert why(error, "de").words == (
        "„freigeben“ von bob zählt nicht. bob hat die Rolle agent; dafür braucht es support oder mehr. Das dürfen: ann, eve. "
        "Es wird als r2 noch einmal gefragt."
    )
    unknown = why(HandrailError("Something that {0} nobody foresaw."), "de")
    assert unknown == ("Das hat nicht geklappt.", "Something that {0} nobody foresaw.")
    assert why(InvalidInput("level: '{1} {7}' is none. There are auto."), "de").words.startswith(
        "Stufe: '{1} {7}' gibt es nicht."
    )
    assert re.fullmatch(r"[^{}]+", why(InvalidInput("There is no such case."), "de").words)
