"""The release gate: what passed stays as free as its topic, and everything else is approved by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handrail.definitions import Document
from handrail.domain.autonomy.topics import Autonomy, Topic
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.quality.evaluation.releases import ReleaseFile, ReleasePass
from handrail.quality.releases.gate import ReleaseGate
from handrail.quality.releases.loader import FileRelease, read_release
from handrail.quality.releases.parts import parts_of, router_parts
from handrail.topics.dial import TopicDial

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
EXAMPLES = ["one two", "two three", "three four", "four five", "five six"]
TOPIC = Topic(name="refund", description="Refunds.", examples=EXAMPLES, prompt="Help.", tools=["refund_order"], owner="olga")
RULES = ReleaseFile(gatekeepers=["greta"], lasts_days=30)


def parts(reported: Sequence[str] = ("m-1",), topic: Topic = TOPIC, **changes: str) -> ReleaseParts:
    about = {"model": "m", "server": None, "policies": "p", "graph": "g", "router": "r", **changes}
    return parts_of(reported=reported, topics=[topic], **about)  # type: ignore[arg-type]


@dataclass
class Kept:
    """Passes, and how often they were looked for."""

    passes: list[ReleasePass] = field(default_factory=list)
    looks: int = 0

    async def newest(self, limit: int, release: str | None = None) -> list[ReleasePass]:
        self.looks += 1
        return [one for one in self.passes if release in (None, one.release)][:limit]


class Clock:
    def now(self) -> datetime:
        return NOW


def passed(of: ReleaseParts, *, days: float = 1, retired: float = 0) -> ReleasePass:
    at = NOW - timedelta(days=days)
    about = {"release": of.release, "parts": of, "evaluation_id": "e-1", "passed_by": "greta", "passed_at": at}
    return ReleasePass.model_validate({**about, "evaluated_at": at, "retired": retired})


def gate(
    *passes: ReleasePass, rules: ReleaseFile | None = RULES, reported: Sequence[str] = ("m-1",), topic: Topic = TOPIC
) -> ReleaseGate:
    async def names() -> Sequence[str]:
        return reported

    return ReleaseGate(lambda: rules, Kept(list(passes)), names, lambda found: parts(found, topic), Clock())


async def level(found: ReleaseGate) -> tuple[str, str]:
    dialled = await TopicDial(found).autonomy(TOPIC)
    return dialled.autonomy.value, dialled.why


async def test_without_a_file_there_is_no_gate_and_it_says_so() -> None:
    found = gate(rules=None)
    assert (await level(found))[0] == "auto"
    assert (await found.settings(TOPIC, None, ["refund_order"])).topic == []
    standing = await found.standing()
    assert (standing.configured, standing.open) == (False, True)
    assert standing.why.startswith("No release gate is configured")


@pytest.mark.parametrize(
    ("found", "autonomy", "words"),
    [
        (gate(), "review", f"release {parts().release} has not passed an evaluation"),
        (gate(passed(parts())), "auto", ""),
        (gate(passed(parts()), topic=TOPIC.model_copy(update={"prompt": "Help more."})), "review", "has not passed"),
        (gate(passed(parts()), reported=["m-2"]), "review", "has not passed"),
        (gate(passed(parts(graph="other"))), "review", "has not passed"),
        (gate(passed(parts(), days=31)), "review", "is older than 30 days (e-1)"),
        (gate(passed(parts(), retired=0.5)), "review", "50% of the corrections that release"),
        (gate(passed(parts(), retired=0.4)), "auto", ""),
        (gate(passed(parts()), reported=[]), "auto", ""),
        (gate(passed(parts(policies="other")), reported=[]), "review", "has not passed"),
    ],
)
async def test_what_has_not_passed_is_reviewed(found: ReleaseGate, autonomy: str, words: str) -> None:
    settings = await found.settings(TOPIC, None, ["refund_order"])
    assert settings.tools["refund_order"] == settings.topic
    assert settings.topic[0].source == "release"
    dialled, why = await level(found)
    assert dialled == autonomy
    if words:
        assert words in why


async def test_it_only_lowers_and_looks_no_more_than_it_may() -> None:
    kept = Kept([passed(parts())])

    async def names() -> Sequence[str]:
        return ["m-1"]

    slow = ReleaseGate(lambda: RULES, kept, names, parts, Clock(), every=3600)
    off = TOPIC.model_copy(update={"autonomy": Autonomy.OFF})
    assert (await TopicDial(slow).autonomy(off)).autonomy == "off"
    for _ in range(5):
        await slow.settings(TOPIC, None)
    assert kept.looks == 1


async def test_a_record_that_cannot_be_read_stops_the_turn() -> None:
    async def away() -> Sequence[str]:
        raise OSError("away")

    found = ReleaseGate(lambda: RULES, Kept(), away, parts, Clock())
    with pytest.raises(OSError, match="away"):
        await found.settings(TOPIC, None)


def test_a_release_is_the_content_and_not_the_layout() -> None:
    assert parts(topic=TOPIC.model_copy(update={"owner": "ann", "autonomy": Autonomy.REVIEW})).release == parts().release
    assert parts(topic=TOPIC.model_copy(update={"tools": []})).release != parts().release
    assert parts(server="http://127.0.0.1:1/v1").release != parts().release
    assert parts(["b", "a", "a"]).release == parts(["a", "b"]).release


def test_the_router_counts_with_its_rules(tmp_path: Path) -> None:
    before = router_parts(None, tmp_path)
    (tmp_path / "risk.yaml").write_text("version: 1\n")
    assert len({before, router_parts(None, tmp_path), router_parts("trained", tmp_path)}) == 3


def test_the_file_is_read_again_and_a_bad_one_refused(tmp_path: Path) -> None:
    assert FileRelease(tmp_path).now() is None
    file = tmp_path / "release.yaml"
    file.write_text("gatekeepers: [greta]\nlasts_days: 7\nmargins: {passed: 0.1}\n")
    found = FileRelease(tmp_path)
    rules = found.now()
    assert rules is not None
    assert (rules.lasts_days, rules.margins.passed, rules.minimum) == (7, 0.1, 20)
    assert (rules.keeps(" GRETA "), rules.keeps("ann")) == (True, False)
    file.write_text("gatekeepers: []\n")
    assert found.now() == rules
    assert "release.yaml:1" in str(found.problem)
    for content in (b"lasts_days: 3\n", b"gatekeepers: [ann, Ann]\n", b"gatekeepers: [ann]\nmimimum: 3\n"):
        with pytest.raises(DefinitionInvalid, match=r"release\.yaml:"):
            read_release([Document.of(file, content)])
