"""How many modules a start loads: a bound a tenth above what was reached, and what has no business there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPORTED = re.compile(r"import time:\s+\d+ \|\s+\d+ \|\s*(\S+)")
ANSWERS = {"temporalio", "pydantic", "psycopg", "langgraph", "langchain_core", "openai", "yaml", "rich", "psutil"}
LEARNS = {"sklearn", "scipy", "numpy", "py3langid", "openai", "langchain_openai", "typer", "uvicorn", "starlette"}
STARTS = {
    "help": (["-m", "handrail.cli.main", "--help"], 0, 172, ANSWERS),
    "case open": (
        ["-m", "handrail.cli.main", "case", "open", "--customer", "C-0001", "--message", "Where is my order?"],
        6,
        670,
        {*LEARNS - {"typer"}, "langgraph", "langchain_core", "psycopg", "yaml", "psutil", "temporalio.client", "nexusrpc"},
    ),
    "metrics": (
        ["-m", "handrail.cli.main", "metrics"],
        6,
        720,
        {*LEARNS - {"typer", "numpy"}, "temporalio", "langgraph", "langchain_core"},
    ),
    "worker": (
        ["-c", "import handrail.wiring.cases.serving"],
        0,
        1365,
        {*LEARNS, "langgraph", "langchain_core", "langsmith", "opentelemetry"},
    ),
    "api": (
        ["-c", "import handrail.wiring.front.api"],
        0,
        1720,
        {"authlib", "joserfc", "langgraph", "langchain_core", "openai", "sklearn", "scipy", "numpy"},
    ),
    "up": (
        ["-c", "import handrail.cli.stacks.stack, handrail.cli.stacks.first, handrail.cli.stacks.deploy"],
        0,
        475,
        {*LEARNS - {"typer"}, "temporalio", "httpx", "langgraph", "graphs", "psycopg", "yaml"},
    ),
}


@pytest.mark.parametrize("start", STARTS)
def test_a_start_loads_no_more_than_it_needs(start: str, tmp_path: Path) -> None:
    given, code, bound, absent = STARTS[start]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "HANDRAIL_"))}
    environment["HANDRAIL_TEMPORAL_ADDRESS"] = "127.0.0.1:9"  # the discard port: nothing answers, which is known at once
    environment["HANDRAIL_DATA_DIR"] = str(tmp_path)  # a stack that was here before is looked for, with what that takes
    environment["HANDRAIL_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/nothing"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *given],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stderr[-2_000:]
    loaded = IMPORTED.findall(done.stderr)
    found = absent & {*loaded, *(name.partition(".")[0] for name in loaded)}
    assert not found, f"{start} loads {sorted(found)}; import it where it is used"
    assert len(loaded) <= bound, f"{start} loads {len(loaded)} modules, {bound} are allowed; `python -X importtime` names them"


def test_a_model_is_built_when_it_is_first_used() -> None:
    """A command would build a hundred of them for the three that it needs."""
    code = (
        "from handrail.wiring.cases.building import build_models\n"
        "from handrail.domain.case.cases import CaseView\n"
        "assert not CaseView.__pydantic_complete__\n"
        "build_models()\n"
        "assert CaseView.__pydantic_complete__\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_no_package_that_is_installed_sees_what_is_validated() -> None:
    told = (
        "import os, worker; from handrail.wiring.cases import serving; serving.run_worker = lambda *_: print(os.environ[NAME])"
    )
    code = f"NAME = 'PYDANTIC_DISABLE_PLUGINS'; {told}; worker.main()"
    for given, found in (({}, "__all__"), ({"PYDANTIC_DISABLE_PLUGINS": "one"}, "one")):
        environment = {name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"} | given
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.stdout.split() == [found], done.stderr[-2_000:]
