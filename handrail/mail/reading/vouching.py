"""Vouching for a mail's sender: the results of one named mail server, after RFC 8601, and of nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

METHODS = ("dmarc", "dkim", "spf")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a header; `syntax` where it is a sign that separates, which quoted text never is."""

    text: str
    syntax: bool = False


def vouched(results: list[str], authserv_id: str, sender: str | None) -> str:
    """Return what passed for exactly this sender; empty where nothing did.

    `results` are the Authentication-Results of the mail, topmost first. Only the topmost one that the named server wrote
    counts: it writes above whatever came with the mail, and takes out what claims to be its own.
    """
    if not authserv_id or not sender:
        return ""
    domain = sender.rpartition("@")[2].lower()
    for parts in map(_parts, results):
        if not parts[0] or parts[0][0] != Word(authserv_id.lower()):
            continue
        for part in parts[1:]:
            method, result, properties = _result(part)
            if result == "pass" and method in METHODS and _names(method, properties, domain):
                return f"{method}=pass"
        return ""
    return ""


def _names(method: str, properties: dict[str, str], domain: str) -> bool:
    """Return whether the result is about the domain that the reader of the mail sees."""
    if method == "dmarc":
        return properties.get("header.from", "") == domain
    if method == "dkim":
        signer = properties.get("header.d") or properties.get("header.i", "").rpartition("@")[2]
        return signer == domain or ("." in signer and domain.endswith(f".{signer}"))
    return properties.get("smtp.mailfrom", "").rpartition("@")[2] == domain


def _parts(header: str) -> list[list[Word]]:
    """The header's parts between semicolons."""
    found: list[list[Word]] = [[]]
    for word in _words(header.lower()):
        if word == Word(";", syntax=True):
            found.append([])
        else:
            found[-1].append(word)
    return found


def _result(part: list[Word]) -> tuple[str, str, dict[str, str]]:
    """The method, its result and its properties."""
    pairs = [
        (name.text, content.text)
        for name, sign, content in zip(part, part[1:], part[2:], strict=False)
        if sign == Word("=", syntax=True) and not name.syntax and not content.syntax
    ]
    if not pairs or part[0].text != pairs[0][0]:
        return "", "", {}
    properties: dict[str, str] = {}
    for name, content in pairs[1:]:
        properties.setdefault(name, content)
    return pairs[0][0].partition("/")[0], pairs[0][1], properties


def _words(header: str) -> Iterator[Word]:
    """The words outside comments. A backslash takes the next character for what it is, in comments and quotes alike."""
    word, quoted, depth, escaped, had = "", False, 0, False, False
    for sign in header:
        if escaped:
            word, escaped = word + ("" if depth else sign), False
        elif sign == "\\" and (quoted or depth):
            escaped = True
        elif quoted:
            quoted = sign != '"'
            word += sign if quoted else ""
        elif depth or sign == "(":
            depth += {"(": 1, ")": -1}.get(sign, 0)
        elif sign == '"':
            quoted = had = True
        elif sign in ";=" or sign.isspace():
            if word or had:
                yield Word(word)
            word, had = "", False
            if not sign.isspace():
                yield Word(sign, syntax=True)
        else:
            word += sign
    if (word or had) and not quoted and not depth:
        yield Word(word)
