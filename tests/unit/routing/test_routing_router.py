"""The router as a whole, on a small business of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handrail.domain.autonomy.topics import Topic
from handrail.domain.case.classification import OUT_OF_SCOPE, Risk
from handrail.domain.errors import DefinitionInvalid
from handrail.ports import Router
from handrail.routing.learning.evaluate import LabelledMessage, evaluate
from handrail.routing.model.trained import Trained
from handrail.routing.router import LocalRouter

RISK = """\
version: 1
rules:
  - {id: stolen, topic: fraud, risk: high, reason: a card was stolen, phrases: {en: [card * stolen], fr: [carte * volée]}}
wants_person:
  phrases: {en: [a person, a human], de: [mit einem menschen]}
"""
EXAMPLES = {
    "delivery": [
        "where is my parcel", "when does my order arrive", "my delivery is late", "the parcel has not come yet",
        "track my parcel please", "has my order left your warehouse", "the courier did not show up",
        "delivery status of A-20311", "my order still has not arrived", "how long does the delivery take",
    ],
    "refund": [
        "I want my money back", "please refund the shoes", "refund my order", "the lamp came broken and I want a refund",
        "I would like to return it and be refunded", "how do I get my money back", "give me a refund for A-20311",
        "the wrong item came, refund it", "send it back for a refund", "can I have my money back",
    ],
    "password": [
        "I forgot my password", "reset my password", "I cannot log in", "my login does not work", "send a new password",
        "locked out of my profile", "the password link has expired", "how do I change my password", "cannot sign in any more",
        "password is not accepted",
    ],
    "fraud": [
        "my card was stolen", "somebody used my card", "I did not make this purchase", "my account was hacked",
        "there is a payment that is not mine", "a stranger shops in my name", "I think I was scammed", "unauthorised payment",
        "my wallet was stolen", "someone took over my account",
    ],
}  # fmt: skip


class Fixed:
    """`ports.Topics` over a list that tests may exchange."""

    def __init__(self, examples: dict[str, list[str]]) -> None:
        self.topics = [
            Topic(name=name, description=name, examples=texts, people_only=name == "fraud", languages=["en", "de"])
            for name, texts in examples.items()
        ]

    def get(self, name: str) -> Topic | None:
        return next((topic for topic in self.topics if topic.name == name), None)

    def all(self) -> list[Topic]:
        return self.topics


Build = Callable[[], tuple[LocalRouter, Fixed]]


@pytest.fixture(scope="module")
def risk_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("business") / "risk.yaml"
    path.write_text(RISK, encoding="utf-8")
    return path


@pytest.fixture
def build(risk_file: Path) -> Build:
    def make() -> tuple[LocalRouter, Fixed]:
        topics = Fixed(EXAMPLES)
        return LocalRouter(topics, risk_file), topics

    return make


@pytest.fixture(scope="module")
async def router(risk_file: Path) -> Router:
    made = LocalRouter(Fixed(EXAMPLES), risk_file)
    await made.load()
    return made


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("where is my parcel, it is late", "delivery"),
        ("I'd like my money back for these shoes", "refund"),
        ("forgot the password and cannot log in", "password"),
        ("somebody used my card for a payment", "fraud"),
        ("what is the weather like in Rome", OUT_OF_SCOPE),
        ("please book a flight to Oslo for Tuesday", OUT_OF_SCOPE),
        ("qpwoe zmxn ghdk", OUT_OF_SCOPE),
        ("", OUT_OF_SCOPE),
        ("?!?! 😡", OUT_OF_SCOPE),
        ("\x00\x07 \ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"), OUT_OF_SCOPE),
        ("thanks!", OUT_OF_SCOPE),
        ("We had a lovely time in Spain. My dog likes it too. But where is my parcel? It is late.", "delivery"),
    ],
)
async def test_topics(router: Router, text: str, topic: str) -> None:
    found = await router.classify(text, topic_before=None)
    assert found.topic == topic
    assert found.reasons


@pytest.mark.parametrize(
    ("text", "before", "topic"),
    [
        ("yes please", "refund", "refund"),
        ("the second one", "delivery", "delivery"),
        ("A-20311", "refund", "refund"),
        ("", "refund", "refund"),
        ("danke, ja bitte", "password", "password"),
        ("the blue one with the torn sleeve", "refund", "refund"),
        ("where is my parcel", "refund", "delivery"),
        ("I forgot my password", "delivery", "password"),
        ("what is the weather like in Rome tomorrow", "refund", OUT_OF_SCOPE),
        ("yes please", OUT_OF_SCOPE, OUT_OF_SCOPE),
        ("yes please", "a topic that is gone", OUT_OF_SCOPE),
        ("yes, my card was just stolen", "refund", "fraud"),
    ],
)
async def test_conversation_goes_on(router: Router, text: str, before: str, topic: str) -> None:
    assert (await router.classify(text, topic_before=before)).topic == topic


async def test_rules_hold_whatever_came_before(router: Router) -> None:
    found = await router.classify("Ma carte bleue a été volée, I want a person", topic_before="delivery")
    assert (found.topic, found.confidence, found.risk, found.wants_person) == ("fraud", 1.0, Risk.HIGH, True)
    assert found.reasons[:2] == [
        "rule stolen: 'carte * volée' → fraud (high): a card was stolen",
        "asks for a person: 'a person'",
    ]


async def test_people_topic_without_a_rule_is_as_risky_as_its_rules(router: Router) -> None:
    found = await router.classify("there is a payment that is not mine", topic_before=None)
    assert (found.topic, found.risk) == ("fraud", Risk.HIGH)


async def test_reasons_never_hold_the_message(router: Router) -> None:
    text = "My card from Mrs Rosenblatt was stolen and I want a person now, parcel too"
    found = await router.classify(text, topic_before="refund")
    assert not any("Rosenblatt" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("text", "complexity"),
    [
        ("where is my parcel", "single"),
        ("refund A-20311 and A-20399", "several"),
        ("Where is my parcel? And I forgot my password.", "several"),
        ("please refund the shoes and also reset the password of my daughter", "several"),
        ("could you make an exception for me", "judgement"),
        ("my parcel is late " * 50, "judgement"),
    ],
)
async def test_complexity(router: Router, text: str, complexity: str) -> None:
    assert (await router.classify(text, topic_before=None)).complexity == complexity


async def test_frustration_grows(router: Router) -> None:
    texts = [
        "where is my parcel",
        "still waiting for my parcel",
        "still waiting for my parcel, this is ridiculous!!",
        "STILL WAITING FOR MY PARCEL, THIS IS RIDICULOUS!! You are useless",
    ]
    scores = [(await router.classify(text, topic_before=None)).frustration for text in texts]
    assert scores[0] == 0
    assert scores == sorted(set(scores))
    assert scores[-1] <= 1


async def test_same_topics_same_answer(build: Build) -> None:
    (one, _), (other, topics) = build(), build()
    topics.topics = topics.topics[::-1]
    texts = ["where is my parcel", "something else", "refund me"]
    answers = [[await router.classify(text, topic_before=None) for text in texts] for router in (one, other)]
    assert answers[0] == answers[1]
    assert len({found.router_version for found in answers[0]}) == 1


async def test_changed_topics_are_learnt_while_the_old_serve(build: Build) -> None:
    router, topics = build()
    asked = "do you engrave rings"
    before = await router.classify(asked, topic_before=None)
    assert before.topic == OUT_OF_SCOPE
    engraving = [
        "engrave a ring",
        "can you engrave a name",
        "do you do engraving",
        "engraving on my ring",
        "price of engraving rings",
    ]
    topics.topics = [*topics.topics, Topic(name="engraving", description="Engraving.", examples=engraving)]
    meanwhile = await router.classify(asked, topic_before=None)
    assert meanwhile.router_version == before.router_version
    await router.settled()
    after = await router.classify(asked, topic_before=None)
    assert after.topic == "engraving"
    assert after.router_version != before.router_version


async def test_change_of_a_prompt_teaches_nothing(build: Build) -> None:
    router, topics = build()
    before = await router.classify("refund me", topic_before=None)
    topics.topics = [topic.model_copy(update={"prompt": "Be short."}) for topic in topics.topics]
    await router.settled()
    assert (await router.classify("refund me", topic_before=None)).router_version == before.router_version


async def test_a_training_that_fails_is_said_and_tried_again(
    build: Build, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    router, topics = build()
    before = await router.classify("refund me", topic_before=None)
    monkeypatch.setattr("handrail.routing.router.RETRY_SECONDS", 0.0)
    router._pause = 0.0
    trained, failures = Trained.on, 2

    def fragile(topics: list[Topic], artefact: Any = None, kept: Any = None) -> Trained:
        nonlocal failures
        if failures:
            failures -= 1
            raise MemoryError("no room")
        return trained(topics, artefact, kept)

    monkeypatch.setattr(Trained, "on", fragile)
    topics.topics = [one for one in topics.topics if one.name != "password"]
    for _ in range(3):
        await router.classify("refund me", topic_before=None)
        await router.settled()
    after = await router.classify("refund me", topic_before=None)
    assert caplog.text.count("tries again") == 2
    assert "no room" in caplog.text
    assert after.router_version != before.router_version


async def test_unusable_topics_keep_the_old(build: Build, caplog: pytest.LogCaptureFixture) -> None:
    router, topics = build()
    before = await router.classify("refund me", topic_before=None)
    topics.topics = []
    for _ in range(3):
        assert (await router.classify("refund me", topic_before=None)).topic == before.topic
        await router.settled()
    assert caplog.text.count("keeps what it has learnt") == 1


async def test_no_topics_is_refused(build: Build) -> None:
    router, topics = build()
    topics.topics = []
    with pytest.raises(DefinitionInvalid):
        await router.load()


async def test_probabilities(build: Build) -> None:
    router, _ = build()
    labels, rows = await router.predict_proba(["where is my parcel", "tell me a joke"])
    assert labels == ["delivery", "fraud", "password", "refund", OUT_OF_SCOPE]
    assert rows.sum(axis=1) == pytest.approx([1, 1])
    assert [labels[row.argmax()] for row in rows] == ["delivery", OUT_OF_SCOPE]
    assert (await router.predict_proba([]))[1].shape == (0, 5)


async def test_any_text_is_taken(router: Router) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(st.characters(), max_size=300), before=st.sampled_from([None, "refund", "gone"]))
    def any_text(text: str, before: str | None) -> None:
        step = router.classify(text, topic_before=before)
        with pytest.raises(StopIteration) as done:
            step.send(None)  # a loaded router waits for nothing
        assert 0 <= done.value.value.confidence <= 1

    any_text()


async def test_evaluation_counts(router: Router) -> None:
    rows = [
        LabelledMessage(text="where is my parcel", label="delivery"),
        LabelledMessage(text="where is my parcel", label="refund"),
        LabelledMessage(text="tell me a joke", label=OUT_OF_SCOPE),
        LabelledMessage(text="refund my order", label=OUT_OF_SCOPE),
    ]
    figures = await evaluate(router, rows)
    assert (figures.accuracy.hits, figures.accuracy.of) == (1, 2)
    assert (figures.out_of_scope_recall.hits, figures.out_of_scope_recall.of) == (1, 2)
    assert figures.false_accepts == {"refund": 1}
    assert figures.recall["delivery"].value == 1
    assert figures.auroc is not None
    with pytest.raises(ValueError, match="rows"):
        await evaluate(router, [])


async def test_a_case_keeps_its_language_until_a_sentence_is_in_another(router: LocalRouter) -> None:
    answered = [await router.classify(text, topic_before="refund", language="de") for text in ("O-10024", "OK super", "ja")]
    changed = await router.classify("Where is my parcel now, please?", topic_before="refund", language="de")

    assert [(one.language, one.language_confidence >= 0.6) for one in answered] == [("de", True)] * 3
    assert changed.language == "en"
