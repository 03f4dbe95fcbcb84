"""Texts of forms: a line break is one character in them, as the browser counted it against the field's limit."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request


def one_break(text: str) -> str:
    """Return the text with line feeds alone: browsers send each as two characters, and count it as one."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


async def texts(request: Request) -> Mapping[str, str]:
    """Return the texts of the form that was sent, by the names of their fields; files are none."""
    return {name: one_break(value) for name, value in (await request.form()).items() if isinstance(value, str)}
