"""The documentation is typed by readers, so it is tried here: commands parse, definitions load, edits apply and run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import typer
import yaml
from jsonschema import Draft202012Validator
from pydantic import SecretStr
from typer.core import TyperGroup

from handrail.cli.main import app
from handrail.cli.record.contract import json_schema
from handrail.cli.stacks.stack import app as stack
from handrail.mail.settings import MailSettings
from handrail.matrix.loader import FileMatrix
from handrail.policies.loader import FilePolicies
from handrail.routing.rules import RiskRules
from handrail.routing.text import Folded
from handrail.settings import Settings
from handrail.shop import business
from handrail.topics.loader import FileTopics

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "findings" / "README.md",
        *(ROOT / "examples").glob("*/README.md"),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
FENCE = re.compile(r"^( *)```(\w+)?([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
HERE = re.compile(r" <<'END'\n.*?^END$", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"\bHANDRAIL_[A-Z0-9_]+\b")
NOT_SETTINGS = {"HANDRAIL_TEMPORAL_BIN", "HANDRAIL_REVIEWER", "HANDRAIL_RETAIL_DATA"}
OTHERS = (
    "curl",
    "make",
    "docker",
    "amtool",
    "temporal",
    "psql",
    "pg_dump",
    "pg_restore",
    "cp",
    "mkdir",
    "export",
    "python",
    "git",
    "cd",
    "cat",
    "npm",
    "npx",
    "helm",
    "kubectl",
    "nice",
    "build/chart/bin/helm",
    "bash",
)


@dataclass(frozen=True)
class Block:
    """A fenced block; `label` is what follows the language: file=…, row=…, schema=…, write=…"""

    page: Path
    language: str
    label: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.language}:{self.label}"


BLOCKS = [
    Block(page, language or "", label.strip(), dedent(text))
    for page in PAGES
    for _, language, label, text in FENCE.findall(page.read_text())
]


def labelled(start: str) -> list[Block]:
    return [block for block in BLOCKS if block.label.startswith(start)]


def lines(block: Block) -> Iterator[str]:
    """The commands; what goes into a file of its own, up to END, is none."""
    for line in HERE.sub("", block.text).replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.removeprefix("$ ")


def check_call(words: list[str]) -> None:
    """Parse a call of ours as typer would, without running it."""
    words = words[2:] if words[0] == "--data-dir" else words
    command: Any = typer.main.get_command(stack if words[0] in ("up", "down", "status") else app)
    while isinstance(command, TyperGroup):
        name, *words = words
        found = command.commands.get(name)
        assert found is not None, f"there is no command {name!r}"
        command = found
    command.make_context(command.name, words)


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.language in ("sh", "console")], ids=str)
def test_commands_can_be_typed(block: Block) -> None:
    for line in lines(block) if block.language == "sh" else (line for line in lines(block) if line[:1] != " "):
        words = shlex.split(line, comments=True)
        while words and re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        if words[:1] == ["handrail"]:
            check_call(words[1:])
        elif block.language == "sh":
            assert words[0] in OTHERS, line
        if words[:1] == ["make"]:
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.language == "json"], ids=str)
def test_json_is_what_the_contract_takes(block: Block) -> None:
    value = json.loads(block.text)
    if block.label.startswith("schema="):
        Draft202012Validator(json_schema(block.label.removeprefix("schema="), answer=False)).validate(value)


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.language == "python"], ids=str)
def test_python_compiles(block: Block) -> None:
    compile(block.text, str(block), "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            known = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in HEADING.findall(file.read_text())}
            assert anchor in known, f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_variables_are_settings(page: Path) -> None:
    mail = {f"HANDRAIL_MAIL_{name.upper()}" for name in MailSettings.model_fields}
    known = {f"HANDRAIL_{name.upper()}" for name in Settings.model_fields} | mail | NOT_SETTINGS
    assert set(VARIABLE.findall(page.read_text())) <= known


@pytest.mark.parametrize("line", ["handrail nothing", "handrail decide demo-1 approve --reviewr ann", "handrail case show"])
def test_a_command_that_does_not_exist_would_be_seen(line: str) -> None:
    with pytest.raises((AssertionError, typer.TyperException)):
        check_call(shlex.split(line)[1:])


def commands(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        path = (*before, name)
        if isinstance(command, TyperGroup):
            yield from commands(command, path)
        else:
            yield path


def test_the_page_of_the_command_line_names_every_command() -> None:
    rows = [line for line in (ROOT / "docs" / "operating" / "cli.md").read_text().splitlines() if line.startswith("| `")]
    names = [{word for quoted in re.findall(r"`([^`]+)`", row.split("|")[1]) for word in quoted.split()} for row in rows]
    missing = [path for path in commands(typer.main.get_command(app)) if not any(set(path) <= row for row in names)]
    assert not missing


def said(default: Any) -> str:
    """Return the default as the page of settings writes it."""
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    if value in (None, ""):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def test_every_setting_is_on_its_page_once_with_its_default() -> None:
    text = (ROOT / "docs" / "operating" / "settings.md").read_text()
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \| (.+?) \| .+ \|$", text, re.MULTILINE)
    fields = {str(field.validation_alias or name): field for name, field in Settings.model_fields.items()}
    named = {variable: fields[name] for name, variable in Settings.variables().items()}
    beside = {"HANDRAIL_TEMPORAL_BIN": "none", "HANDRAIL_REVIEWER": "none"}
    wanted = {name: said(field.default) for name, field in named.items()} | beside
    wanted["HANDRAIL_CACHE_DIR"] = "`handrail` in `XDG_CACHE_HOME` or `~/.cache`"
    assert sorted(rows) == sorted(wanted.items())


def test_every_setting_of_mail_is_documented() -> None:
    text = (ROOT / "docs" / "operating" / "mail.md").read_text()
    assert not {f"HANDRAIL_MAIL_{name.upper()}" for name in MailSettings.model_fields} - set(VARIABLE.findall(text))


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    """The shop's definitions with everything that the documentation adds to them."""
    folder = tmp_path / "draft"
    for name in ("topics", "policies"):
        shutil.copytree(business.folder / name, folder / name)
    for name in ("risk.yaml", "matrix.yaml"):
        shutil.copy(business.folder / name, folder / name)
    for block in labelled("file="):
        if block.language == "yaml":
            (folder / block.label.removeprefix("file=")).write_text(block.text)
    for label, key in (("row=", "rows"), ("rule=", "rules")):
        for block in labelled(label):
            file = folder / block.label.removeprefix(label)
            whole = yaml.safe_load(file.read_text())
            whole[key].insert(0, yaml.safe_load(block.text))
            file.write_text(yaml.safe_dump(whole, allow_unicode=True))
    return folder


def test_the_worked_definitions_load_and_do_what_the_page_says(definitions: Path) -> None:
    topics = FileTopics(definitions / "topics", business.by_name)
    policies = FilePolicies.of(definitions / "policies", business)
    matrix = FileMatrix(definitions / "matrix.yaml")
    rules = RiskRules(definitions / "risk.yaml", lambda: [topic.name for topic in topics.all()])

    warranty = topics.get("warranty")
    assert warranty is not None
    assert (warranty.autonomy, warranty.tools) == ("review", ["get_order", "list_orders"])
    assert "loyal_refunds" in {policy.id for policy in policies.all()}
    route = matrix.route(reason="low_confidence", topic="warranty", risk="low", language="en")
    assert (route.queue, route.row) == ("repairs", "warranty_in_doubt")
    (hit,) = rules.now().value.hits(Folded("Thick smoke really came out of the toaster"))
    assert (hit.rule.id, hit.rule.risk) == ("fire", "high")


def edit(folder: Path, diff: str) -> None:
    """Apply hunks that name no line numbers: what they take away must stand there exactly once."""
    for part in re.split(r"^--- a/", diff, flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition("\n")
        file = folder / name.strip()
        for hunk in rest.partition("\n")[2].split("@@\n")[1:]:
            rows = hunk.splitlines()
            old = "\n".join(row[1:] for row in rows if row[:1] != "+") + "\n"
            new = "\n".join(row[1:] for row in rows if row[:1] != "-") + "\n"
            text = file.read_text()
            assert text.count(old) == 1, f"{name}: stands there {text.count(old)} times:\n{old}"
            file.write_text(text.replace(old, new))


TRIAL = """
import asyncio, handrail.wiring.cases.worker
import tests.support.fakes as fakes
from graphs.nodes.second_look import SecondLook
from handrail.domain.actions.confirmations import Confirmation
from handrail.domain.actions.approvals import DecisionKind
from handrail.domain.case.classification import Classification, Risk

made = fakes.CaseNodes
fakes.CaseNodes = lambda **nodes: made(second_look=SecondLook().second_look, **nodes)

async def trial():
    found = Classification(topic="payout", confidence=0.9, risk=Risk.ELEVATED)
    for decision in (DecisionKind.APPROVE, DecisionKind.REJECT):
        stage = fakes.Stage(fakes.says("Hello."), found=found)
        await stage.run()
        assert stage.asked.title == "Let the assistant answer this case", stage.asked
        await stage.decide(decision)
        print(*stage.way)
    question = Confirmation(
        question_id="q", topic="payout", language="en", asked=[], words="?", unanswered=".",
        asked_at=fakes.NOON, due_at=fakes.NOON,
    )
    aside = fakes.Stage(fakes.says("Hello."), found=found)
    await aside.run("I have another wish", confirmation=question)
    await aside.decide(DecisionKind.APPROVE)
    print(*aside.way)
    stage = fakes.Stage(fakes.says("Hello."))
    await stage.run()
    print(*stage.way)

asyncio.run(trial())
"""


def test_the_worked_edit_of_the_graph_applies_and_runs(tmp_path: Path) -> None:
    for name in ("graphs", "handrail", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "acceptance", "replay"))
    shutil.copy(ROOT / "worker.py", tmp_path / "worker.py")
    for block in BLOCKS:
        if block.language == "diff" and block.label == "apply":
            edit(tmp_path, block.text)
        elif block.language == "python" and block.label.startswith("file=graphs/"):
            (tmp_path / block.label.removeprefix("file=")).write_text(block.text)

    done = subprocess.run(
        [sys.executable, "-c", TRIAL],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "classify second_look agent guardrail resolve",
        "classify second_look escalate",
        "classify answer second_look agent guardrail resolve",
        "classify agent guardrail resolve",
    ]


def test_the_places_that_contributors_are_sent_to_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    places = re.findall(r"`((?:handrail|graphs|workflows|activities|tests|docs)/[\w./-]+)`", text)
    assert len(places) > 25
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_the_list_of_pages_names_every_page() -> None:
    named = {one.partition("#")[0] for one in LINK.findall((ROOT / "docs" / "README.md").read_text())}
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")} - {"README.md"}
    assert pages - named == set()


def test_the_list_of_findings_names_every_script() -> None:
    named = set(LINK.findall((ROOT / "findings" / "README.md").read_text()))
    assert named == {script.name for script in (ROOT / "findings").glob("*.sh")}
