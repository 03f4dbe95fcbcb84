"""What is evaluated is a copy: nothing in force is touched, and put in place it is the release that was evaluated."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from graphs.case import build_case_graph
from handrail.domain.errors import DefinitionInvalid, InvalidInput
from handrail.policies.loader import FilePolicies
from handrail.quality.evaluation.variants import WantedVariant, laid_out
from handrail.quality.playing.definitions import builder, module_version
from handrail.quality.releases.parts import parts_of, router_parts
from handrail.shop import business
from handrail.topics.loader import FileTopics


def release(folder: Path) -> str:
    topics = FileTopics(folder / "topics", business.by_name)
    policies = FilePolicies.of(folder / "policies", business)
    about = {"policies": policies.version, "graph": "g", "router": router_parts(None, folder)}
    return parts_of(model="m", server=None, reported=[], topics=topics.all(), **about).release


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    shutil.copytree(business.folder, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "release.yaml").write_text("gatekeepers: [ann]\n")
    return folder


def test_a_topic_file_in_a_copy_is_the_release_that_it_makes_in_place(definitions: Path, tmp_path: Path) -> None:
    before = release(definitions)
    prompt = tmp_path / "any.yaml"
    prompt.write_text((definitions / "topics" / "refund.yaml").read_text().replace("Be short", "Be brief"))
    made = laid_out(tmp_path / "made", WantedVariant(prompt=prompt), definitions)
    assert release(definitions) == before != release(made)
    assert not (made / "release.yaml").exists()
    shutil.copy(prompt, definitions / "topics" / "refund.yaml")
    assert release(definitions) == release(made)


def test_a_bare_text_replaces_the_prompt_and_nothing_else(definitions: Path, tmp_path: Path) -> None:
    text = tmp_path / "prompt.txt"
    text.write_text("Pay nothing back.\nEver: \u00e9.")
    made = laid_out(tmp_path / "made", WantedVariant(prompt=text, topic="refund"), definitions)
    was, now = (FileTopics(folder / "topics", business.by_name).get("refund") for folder in (definitions, made))
    assert was is not None
    assert now == was.model_copy(update={"prompt": "Pay nothing back.\nEver: \u00e9."})


def test_a_folder_brings_the_prompts_of_all_topics_that_it_names(definitions: Path, tmp_path: Path) -> None:
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    (drafts / "refund.txt").write_text("Pay nothing back.")
    rewritten = (definitions / "topics" / "cancel_order.yaml").read_text().replace("Be short", "Be brief")
    (drafts / "cancel_order.yaml").write_text(rewritten)
    (drafts / "notes.csv").write_text("no prompt")
    made = laid_out(tmp_path / "made", WantedVariant(prompt=drafts), definitions)
    was, now = (FileTopics(folder / "topics", business.by_name) for folder in (definitions, made))
    changed = {one.name for one in was.all() if now.get(one.name) != one}
    refund = now.get("refund")
    assert changed <= {"refund", "cancel_order"}
    assert refund is not None
    assert refund.prompt == "Pay nothing back."
    assert (made / "topics" / "cancel_order.yaml").read_text() == rewritten
    (drafts / "refund.yaml").write_text((definitions / "topics" / "refund.yaml").read_text())
    with pytest.raises(InvalidInput, match=r"--prompt: refund.txt and refund.yaml are both of the topic refund. Keep one."):
        laid_out(tmp_path / "twice", WantedVariant(prompt=drafts), definitions)
    with pytest.raises(InvalidInput, match=r"is a folder, whose files say themselves"):
        laid_out(tmp_path / "named", WantedVariant(prompt=drafts, topic="refund"), definitions)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match=r"holds no prompt"):
        laid_out(tmp_path / "none", WantedVariant(prompt=tmp_path / "empty"), definitions)


def test_policies_are_another_folder(definitions: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(definitions / "policies", own)
    made = laid_out(tmp_path / "made", WantedVariant(policy=own), definitions)
    assert release(made) == release(definitions)
    (own / "more.yaml").write_text(next(own.glob("*.yaml")).read_text())
    with pytest.raises(DefinitionInvalid):
        release(laid_out(tmp_path / "again", WantedVariant(policy=own), definitions))


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (WantedVariant(policy=Path("nowhere")), "--policy: nowhere is no folder"),
        (WantedVariant(prompt=Path("nowhere.yaml")), "--prompt: nowhere.yaml: No such file"),
        (WantedVariant(prompt=Path(__file__)), "--topic: is missing"),
        (WantedVariant(prompt=Path(__file__), topic="refnd"), "--topic: there is no topic 'refnd'. Known: account_closure"),
    ],
)
def test_what_is_not_there_is_said(wanted: WantedVariant, words: str, definitions: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        laid_out(tmp_path / "made", wanted, definitions)
    assert words in str(refused.value)


def test_a_graph_is_a_module_with_a_builder_of_its_own() -> None:
    assert builder(None) is build_case_graph
    assert builder("graphs.case") is build_case_graph
    assert module_version("graphs.case") != module_version("graphs.routes")
    with pytest.raises(InvalidInput, match="there is no module"):
        builder("graphs.nowhere")
    with pytest.raises(InvalidInput, match="has no function build_case_graph"):
        builder("graphs.routes")
