"""Topics are checked against the business's tools; a broken edit keeps the last good version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from handrail.business import Call, Kind, Preview, Tool
from handrail.domain.errors import DefinitionInvalid
from handrail.topics.loader import FileTopics

GOOD = """\
name: parcels
description: Where parcels are
examples: [where is it, has it left, when does it come, is it lost, track my parcel]
tools: [find_parcel, stop_parcel]
prefetch:
  - tool: find_parcel
    arguments: {newest: 3}
prompt: Say where the parcel is.
languages: [en, no]
"""
PEOPLE = """\
name: theft
description: Parcels that were stolen
examples: [it was stolen, a thief took it, somebody robbed me, it is stolen goods, my box was looted]
people_only: true
"""


class Newest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    newest: int = 1


async def run(call: Call, arguments: Any) -> dict[str, Any]:
    return {}


async def preview(call: Call, arguments: Any) -> Preview:
    return Preview(title="", headline="")


TOOLS = {
    "find_parcel": Tool("find_parcel", Kind.READ, "Find it.", Newest, run),
    "stop_parcel": Tool("stop_parcel", Kind.EFFECT, "Stop it.", Newest, run, preview),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parcels.yaml").write_text(GOOD)
    (tmp_path / "theft.yaml").write_text(PEOPLE)
    return tmp_path


def test_topics_are_found_by_name(folder: Path) -> None:
    topics = FileTopics(folder, TOOLS)
    assert [topic.name for topic in topics.all()] == ["parcels", "theft"]
    parcels = topics.get("parcels")
    assert parcels is not None
    assert parcels.languages == ["en", "no"]
    assert topics.get("nothing") is None


def test_a_new_topic_is_a_new_file(folder: Path) -> None:
    topics = FileTopics(folder, TOOLS)
    before = topics.version
    (folder / "boxes.yaml").write_text("name: boxes\ndescription: Boxes\nexamples: [a, b, c, d, e]\nprompt: Say it.\n")
    assert topics.get("boxes") is not None
    assert topics.version != before


BROKEN = {
    "another name": (GOOD.replace("name: parcels", "name: parcel"), 1, "Write name: parcels, or rename the file."),
    "no name": (GOOD.replace("name: parcels\n", ""), 1, "name: is missing. Add it."),
    "no such tool": (
        GOOD.replace("stop_parcel", "burn_parcel"),
        4,
        "'burn_parcel' is no tool of this business. Known: find_parcel",
    ),
    "a tool twice": (GOOD.replace("stop_parcel", "find_parcel"), 4, "'find_parcel' stands here twice"),
    "prefetch of no tool": (GOOD.replace("tool: find_parcel", "tool: fly"), 6, "'fly' is no tool of this business"),
    "prefetch of an effect": (GOOD.replace("tool: find_parcel", "tool: stop_parcel"), 6, "only reads run before the model"),
    "prefetch of a wrong argument": (
        GOOD.replace("newest: 3", "oldest: 3"),
        6,
        "find_parcel does not take these arguments: oldest",
    ),
    "people only with tools": (GOOD + "people_only: true\n", 4, "a topic for people only has none"),
    "no prompt": (GOOD.replace("prompt: Say where the parcel is.", "prompt: ''"), 8, "prompt: is empty"),
    "too few examples": (GOOD.replace(", is it lost, track my parcel", ""), 3, "at least 5 items"),
    "the same example": (GOOD.replace("is it lost", "It was  STOLEN"), 4, "'it was stolen' is also an example of parcels"),
    "unknown autonomy": (GOOD + "autonomy: full\n", 10, "'full' does not fit: input should be 'auto'"),
    "unknown key": (GOOD + "bounds: {step: 5}\n", 10, "bounds.step: is no key that is known here. Known: cost_usd"),
    "a threshold above one": (
        GOOD + "confidence_threshold: 70\n",
        10,
        "70 does not fit: input should be less than or equal to 1",
    ),
    "no YAML": (GOOD + "x: [\n", 11, "Correct this line"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_topic_is_refused_at_its_line_and_the_last_good_version_stays(folder: Path, case: str) -> None:
    text, line, words = BROKEN[case]
    topics = FileTopics(folder, TOOLS)
    good = topics.version
    (folder / "parcels.yaml").write_text(text)
    with pytest.raises(DefinitionInvalid) as refused:
        FileTopics(folder, TOOLS)
    file = "theft.yaml:3" if case == "the same example" else f"parcels.yaml:{line}"
    assert str(refused.value).startswith(f"{folder}/{file}: ")
    assert words in str(refused.value)
    assert len(topics.all()) == 2
    assert topics.version == good
    assert topics.problem == str(refused.value)


def test_out_of_scope_is_no_topic(folder: Path) -> None:
    (folder / "theft.yaml").rename(folder / "out_of_scope.yaml").write_text(PEOPLE.replace("theft", "out_of_scope"))
    with pytest.raises(DefinitionInvalid, match=r"out_of_scope\.yaml:1: name: out_of_scope means that no topic fits"):
        FileTopics(folder, TOOLS)


def test_no_topic_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionInvalid, match=r"holds no \*\.yaml file. Add at least one"):
        FileTopics(tmp_path, TOOLS)
