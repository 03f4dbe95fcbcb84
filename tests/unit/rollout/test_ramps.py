"""Who is in which arm, what a candidate may differ in, and that it is never freer than the topic."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from handrail.domain.autonomy.topics import Autonomy, Topic
from handrail.domain.case.cases import CaseRow
from handrail.domain.errors import InvalidInput
from handrail.domain.llm.agent import ModelAnswer, ModelRequest
from handrail.domain.llm.consulting import ConsultQuestion, ModelOpinion
from handrail.domain.quality.evaluation.evaluations import ReleaseParts
from handrail.domain.quality.evaluation.releases import ReleaseStanding
from handrail.domain.quality.watch.drift import DriftAlarm
from handrail.domain.rollout.ramps import Arm, Candidate, Ramp, RampStep, ServedRelease, StepOfRamp, place_of
from handrail.quality.releases.serving import RampedReleases
from handrail.quality.rollout.candidate import read_candidate
from handrail.topics.dial import TopicDial

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
EXAMPLES = ["one two", "two three", "three four", "four five", "five six"]
TOPIC = Topic(name="refund", description="Refunds.", examples=EXAMPLES, prompt="Help.", owner="olga")
PARTS = ReleaseParts(model="m", prompts="p", policies="r", topics="t", graph="g", router="x")
CANDIDATE = Candidate(prompts={"refund": "Help faster."})
PEOPLE = [f"C-{number}" for number in range(2_000)]


def ramp(percent: float, candidate: Candidate = CANDIDATE, **changes: object) -> Ramp:
    about = {"ramp_id": 7, "release": "new", "base": "old", "parts": PARTS, "candidate": candidate, "owner": "greta"}
    return Ramp.model_validate({**about, "percent": percent, **changes})


def row(customer: str) -> CaseRow:
    about = {"case_id": f"case {customer}", "customer_id": customer, "channel": "api", "turn": 1, "opened_at": NOW}
    return CaseRow.model_validate({**about, "updated_at": NOW, "version": 1, "content_digest": "d"})


def taken(found: Ramp) -> set[str]:
    return {who for who in PEOPLE if found.arm(who) is Arm.CANDIDATE}


def test_each_step_keeps_whom_the_one_before_took_in() -> None:
    steps = [taken(ramp(percent)) for percent in (5, 25, 50, 100)]
    assert all(one <= other for one, other in pairwise(steps))
    shares = [len(one) / len(PEOPLE) for one in steps]
    assert shares == pytest.approx([0.05, 0.25, 0.5, 1.0], abs=0.03)


def test_the_same_candidate_again_meets_the_same_customers_and_another_one_others() -> None:
    assert taken(ramp(5)) == taken(ramp(5, ramp_id=8, release="newer", owner="ann"))
    other = taken(ramp(50, Candidate(model="m-2")))
    both = len(taken(ramp(50)) & other) / len(PEOPLE)
    assert both == pytest.approx(0.25, abs=0.04)


def test_a_place_is_the_same_for_ever() -> None:
    assert place_of("k", "C-1") == pytest.approx(0.4373, abs=1e-4)
    assert ramp(50).arm("C-1") is ramp(50).arm("C-1")


def test_an_ended_ramp_and_one_at_nought_have_no_arms() -> None:
    assert ramp(0).arm("C-1") is None
    assert ramp(100, kind=StepOfRamp.STOP).arm("C-1") is None


@dataclass
class Kept:
    """A ramp, and what was assigned."""

    ramp: Ramp | None
    assigned: list[tuple[str, ServedRelease]] = field(default_factory=list)

    async def latest(self) -> Ramp | None:
        return self.ramp

    async def assign(self, case_id: str, served: ServedRelease) -> None:
        self.assigned.append((case_id, served))

    async def end(self, step: RampStep, alarm: DriftAlarm | None = None) -> RampStep | None:
        return step


class Asked:
    """A model that is never really asked, and rests for `rests` seconds."""

    rests = 0.0

    async def resting(self) -> float:
        return self.rests

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        raise AssertionError

    async def consult(self, question: ConsultQuestion) -> ModelOpinion:
        raise AssertionError


@dataclass
class Ready:
    """A candidate with a gate that is open or shut."""

    open: bool
    model: Asked = field(default_factory=Asked)

    async def standing(self) -> ReleaseStanding:
        return ReleaseStanding(release="new", open=self.open, why="Release gate: as it is.")


def releases(kept: Kept, ready: Ready) -> RampedReleases:
    async def name() -> str:
        return "old"

    return RampedReleases(Asked(), kept, name, lambda found: ready)


async def test_the_model_that_rests_is_that_of_the_customers_arm() -> None:
    ready = Ready(open=True)
    ready.model.rests = 7.0
    found = releases(Kept(ramp(50)), ready)
    arms = {ramp(50).arm(who): await found.resting(row(who)) for who in PEOPLE}
    assert (arms[Arm.CANDIDATE], arms[Arm.CONTROL]) == (7.0, 0.0)


async def test_a_case_is_served_by_its_customers_arm_and_that_is_written_down_once() -> None:
    kept, ready = Kept(ramp(50)), Ready(open=True)
    found = releases(kept, ready)
    new = next(who for who in PEOPLE if ramp(50).arm(who) is Arm.CANDIDATE)
    old = next(who for who in PEOPLE if ramp(50).arm(who) is Arm.CONTROL)
    for _ in range(2):
        serving = await found.serving(TOPIC, row(new))
        assert (serving.topic.prompt, serving.served.release, serving.model) == ("Help faster.", "new", ready.model)
        serving = await found.serving(TOPIC, row(old))
        assert (serving.topic.prompt, serving.served.release) == ("Help.", "old")
    assert [(case, one.arm) for case, one in kept.assigned] == [(f"case {new}", "candidate"), (f"case {old}", "control")]
    kept.ramp = ramp(50, kind=StepOfRamp.ROLLBACK)
    assert (await found.serving(TOPIC, row(new))).topic is TOPIC


@pytest.mark.parametrize(
    ("file", "gate", "level"),
    [
        ("auto", True, "auto"),
        ("auto", False, "review"),
        ("review", True, "review"),
        ("draft", False, "draft"),
        ("off", True, "off"),
    ],
)
async def test_a_candidate_is_never_freer_than_the_topic(file: str, gate: bool, level: str) -> None:
    dial = TopicDial(releases(Kept(ramp(100)), Ready(open=gate)))
    found = await dial.over(TOPIC.model_copy(update={"autonomy": Autonomy(file)}), row("C-1"), ["refund_order"])
    assert (found.topic.autonomy, found.tools["refund_order"].autonomy) == (level, level)


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


YAML = f"name: refund\ndescription: Refunds.\nowner: olga\nexamples: [{', '.join(EXAMPLES)}]\nprompt: {{}}\n"


def test_prompts_come_as_texts_or_as_topics_files(tmp_path: Path) -> None:
    found = read_candidate("m-2", None, written(tmp_path, refund__yaml=YAML.format("Be kind.")), [TOPIC])
    assert (found.model, found.prompts) == ("m-2", {"refund": "Be kind."})
    (tmp_path / "refund.yaml").unlink()
    assert read_candidate(None, None, written(tmp_path, refund__txt="Be short."), [TOPIC]).prompts == {"refund": "Be short."}


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("refund__yaml", YAML.format("Be kind.") + "tools: [refund_order]\nautonomy: review\n", "differs in tools, autonomy"),
        ("matrix__json", "{}", "hold for all customers alike"),
        ("returns__txt", "Be kind.", "no topic 'returns'"),
        ("refund__txt", "  ", "no prompt"),
        ("refund__txt", "Help.", "differs in nothing"),
        ("refund__txt", "Help.\n\n", "differs in nothing"),
    ],
)
def test_what_else_differs_is_refused_with_words(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_candidate(None, None, written(tmp_path, **{name: text}), [TOPIC])


@pytest.mark.parametrize("url", ["models.example", "ftp://models.example", "https://ann:secret@models.example/v1"])
def test_an_address_that_is_none_or_holds_a_secret_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="--model-url"):
        read_candidate(None, url, None, [TOPIC])


class Away(Exception):
    """The record does not answer."""


@dataclass
class Shaky(Kept):
    """A record that is away for the next questions, and then there again."""

    away: set[str] = field(default_factory=set)

    async def latest(self) -> Ramp | None:
        if "latest" in self.away:
            raise Away
        return await super().latest()

    async def assign(self, case_id: str, served: ServedRelease) -> None:
        if "assign" in self.away:
            raise Away
        await super().assign(case_id, served)


@pytest.mark.parametrize("what", ["latest", "assign"])
async def test_while_the_record_is_away_nobody_is_answered_on_a_guess(what: str) -> None:
    kept = Shaky(ramp(50), away={what})
    found = releases(kept, Ready(open=True))
    new = next(who for who in PEOPLE if ramp(50).arm(who) is Arm.CANDIDATE)
    for _ in range(2):
        with pytest.raises(Away):
            await found.serving(TOPIC, row(new))
    assert kept.assigned == []
    kept.away.clear()
    assert (await found.serving(TOPIC, row(new))).served.arm is Arm.CANDIDATE
    assert [case for case, _ in kept.assigned] == [f"case {new}"]
