"""Headers of a mail, read without any parser that raises: names, ids, addresses, and what tells a machine's mail."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses

from handrail.domain.case.messages import without_controls

LONGEST = 2_000
"""Characters of a header that are read."""
IDS = 60
"""Ids of a thread that are followed, the newest ones."""
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_ID = re.compile(r"<([^<>\s]{3,250})>")
_ADDRESS = re.compile(r"[^\s@<>()\",;:\\]{1,64}@[^\s@<>()\",;:\\]{1,190}")
_ATOM, _LABEL = r"[^\s@<>()\[\]\",;:\\.]+", r"[^\W_](?:[\w-]*[^\W_])?"
_ANSWERABLE = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_NOBODY = re.compile(
    r"(?:(?:no|do[-_.]?not)[-_.]?repl(?:y|ies)|mailer[-_.]daemon|postmaster|bounces?|ne[-_.]?pas[-_.]?repondre|notifications?)"
    r"(?:\+.*|[-_.]?\d+|[-_.].*=.*)?",
    re.IGNORECASE,
)


def one_line(text: str) -> str:
    """Return the text in one line, without characters that are none or that turn it around for its reader."""
    return " ".join(without_controls(_TURNING.sub("", text)).split())[:LONGEST]


def values(mail: Message, name: str) -> list[str]:
    """Return every value of a header, topmost first, unfolded and cut."""
    return [" ".join(str(one)[: LONGEST * 4].split())[:LONGEST] for one in mail.get_all(name) or []]


def value(mail: Message, name: str) -> str:
    """Return the topmost value of a header; empty where there is none."""
    return next(iter(values(mail, name)), "")


def decoded(text: str) -> str:
    """Return a header's text with its encoded words read, in one line of plain characters."""
    try:
        found = str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        found = text
    return one_line(found)


def ids(mail: Message) -> list[str]:
    """Return the ids of the mails that this one answers, newest first."""
    named = [
        one for name in ("In-Reply-To", "References") for text in values(mail, name) for one in reversed(_ID.findall(text))
    ]
    return list(dict.fromkeys(named))[:IDS]


def message_id(mail: Message) -> str | None:
    """Return the mail's own id, without its brackets."""
    found = _ID.search(value(mail, "Message-ID"))
    return found[1] if found else None


def sender(mail: Message) -> str | None:
    """Return the one address in the one From header; None where there is none, or more of either."""
    named = values(mail, "From")
    found = addresses(named)
    return found[0] if len(named) == 1 and len(found) == 1 else None


def recipients(mail: Message) -> list[str]:
    """Return the addresses that the mail says it went to, small."""
    names = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
    return list(dict.fromkeys(addresses([text for name in names for text in values(mail, name)])))[:IDS]


def addresses(texts: list[str]) -> list[str]:
    """Return the addresses in the texts of headers, small."""
    found = [address.lower() for _, address in getaddresses(texts) if _ADDRESS.fullmatch(address)]
    return list(dict.fromkeys(found))


def answerable(address: str) -> bool:
    """Return whether mail can go to this address: one in the form that RFC 5322 calls a dot-atom, unquoted."""
    return bool(_ADDRESS.fullmatch(address) and _ANSWERABLE.fullmatch(address))


def why_automatic(mail: Message, sender: str | None) -> str:
    """Return why a machine wrote the mail, after RFC 3834 and what is usual beside it; empty where nothing says so."""
    if value(mail, "Return-Path").strip() == "<>":
        return "its return path is empty"
    submitted = value(mail, "Auto-Submitted").split(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return f"Auto-Submitted: {one_line(submitted)[:40]}"
    precedence = value(mail, "Precedence").strip().lower()
    if precedence in ("bulk", "junk", "list", "auto_reply"):
        return f"Precedence: {precedence}"
    for name in ("List-Id", "List-Unsubscribe", "X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond"):
        if values(mail, name):
            return f"it has the header {name}"
    if sender and _NOBODY.fullmatch(sender.partition("@")[0]):
        return f"nobody reads {one_line(sender)[:80]}"
    return ""
