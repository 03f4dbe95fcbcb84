"""Commands that are loaded when they are called are the same as on the page of all commands."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from handrail.cli.main import LATE, app

TOP: Any = typer.main.get_command(app)


@pytest.mark.parametrize("name", LATE)
def test_the_page_of_all_says_what_the_command_says_of_itself(name: str) -> None:
    command = TOP.commands[name]
    assert command.name == name
    assert " ".join((command.help or "").partition("\n\n")[0].split()) == LATE[name].words
    assert hasattr(command, "commands") == LATE[name].group


def test_an_unknown_command_is_none() -> None:
    assert TOP.commands.get("refnud") is None
    assert "refnud" not in TOP.commands
    assert len(TOP.commands) == len(list(TOP.commands))


def test_every_command_of_a_module_has_a_name_of_its_own_there() -> None:
    """A command that is put into a module and not into the table could never be called."""
    for module in {one.module for one in LATE.values() if not one.group}:
        named = {name for name, one in LATE.items() if one.module == module}
        found = __import__(f"handrail.cli.{module}", fromlist=["app"]).app
        made: Any = typer.main.get_command(found)
        assert set(getattr(made, "commands", {made.name: made})) == named
