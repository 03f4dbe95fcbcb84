"""Pages out of templates: whatever a customer or a person wrote is text in them, never markup."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")


@cache
def environment(folder: Path = TEMPLATES) -> Environment:
    """Return the environment of the pages in a folder: escaped by itself, and loud about a name that nobody gave."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render(template: str, **values: Any) -> str:
    """Return the document.

    Raises:
        jinja2.UndefinedError: the template names what was not given.
    """
    return environment().get_template(template).render(values)


def drawn(element: Element) -> Markup:
    """Return a drawing as markup; its texts are escaped."""
    return Markup(tostring(element, encoding="unicode", method="html"))  # noqa: S704 - a tree of elements, escaped as it is written


def marked(words: str, kind: str) -> Markup:
    """Return words in a class of the style sheet."""
    return Markup('<span class="{}">{}</span>').format(kind, words)
