"""What is too long is found, and a ceiling that no longer fits is found as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guard.lengths import FILE, FUNCTION, SLACK, main

ROOT = Path(__file__).parents[2]


def module(lines: int, function: int = 0) -> str:
    """So many lines, the first of them a function of so many."""
    body = ["def long() -> None:", *["    pass"] * (function - 1)] if function else []
    return "\n".join([*body, *["value = 1"] * (lines - len(body))]) + "\n"


@pytest.mark.parametrize(
    ("text", "files", "functions", "words"),
    [
        (module(FILE), "", "", ""),
        (module(FILE + 1), "", "", f"module.py has {FILE + 1} lines, {FILE} are allowed"),
        (module(FILE + 9), f'"module.py" = {FILE + 9}', "", ""),
        (module(FILE + 9), f'"module.py" = {FILE + 8}', "", f"module.py has {FILE + 9} lines, {FILE + 8} are allowed"),
        (module(FILE + 1), f'"module.py" = {FILE + 2 + SLACK}', "", "lower its ceiling"),
        (module(FILE), f'"module.py" = {FILE + 1}', "", "module.py needs no ceiling any more"),
        (module(9), '"gone.py" = 300', "", "gone.py needs no ceiling any more"),
        (module(99, FUNCTION), "", "", ""),
        (module(99, FUNCTION + 1), "", "", f"module.py:long has {FUNCTION + 1} lines, {FUNCTION} are allowed"),
        (module(99, FUNCTION + 1), "", f'"module.py:long" = {FUNCTION + 1}', ""),
    ],
)
def test_what_is_too_long_is_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    files: str,
    functions: str,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("module.py").write_text(text, encoding="utf-8")
    Path("list.toml").write_text(f"[files]\n{files}\n[functions]\n{functions}\n", encoding="utf-8")
    assert main(["module.py"], Path("list.toml")) == bool(words)
    said = capsys.readouterr().out
    assert words in said
    assert len(said.splitlines()) == 1


def test_nothing_to_check_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([]) == 2
