"""Checks that the committed OpenAPI document is what the code serves; `python -m tests.guard.openapi`, `--write` to renew it.

`/v1` only ever grows: what would break a client that is deployed is named, and never written. Run it from the repository.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

FILE = Path("handrail/api/openapi.json")
BOUNDS_UP = ("minLength", "minimum", "minItems", "exclusiveMinimum")
BOUNDS_DOWN = ("maxLength", "maximum", "maxItems", "exclusiveMaximum")
DEEPEST = 12
Document = Mapping[str, Any]


def served() -> dict[str, Any]:
    """Return the document of the code as it is."""
    from handrail.api.app import create_app

    return create_app(None).openapi()


def breaking(old: Document, new: Document) -> list[str]:
    """Return what would break a client of the old document."""
    found = []
    for path, methods in old["paths"].items():
        for method, was in methods.items():
            now = new["paths"].get(path, {}).get(method)
            where = f"{method.upper()} {path}"
            found += [f"{where}: is gone"] if now is None else list(_operation(where, was, now, old, new))
    return found


def _operation(where: str, was: Document, now: Document, old: Document, new: Document) -> Iterator[str]:
    known = {(one["in"], one["name"]): one for one in was.get("parameters", [])}
    kept = {(one["in"], one["name"]): one for one in now.get("parameters", [])}
    for key, one in known.items():
        if key not in kept:
            yield f"{where}: the parameter {key[1]} is gone"
        else:
            yield from _sent(f"{where} {key[1]}", one.get("schema", {}), kept[key].get("schema", {}), old, new)
    for key, one in kept.items():
        if one.get("required") and not known.get(key, {}).get("required"):
            yield f"{where}: the parameter {key[1]} is needed"
    yield from _sent(f"{where} body", _body(was.get("requestBody")), _body(now.get("requestBody")), old, new)
    if now.get("requestBody", {}).get("required") and not was.get("requestBody", {}).get("required"):
        yield f"{where}: a body is needed"
    for status, answer in was.get("responses", {}).items():
        if status.startswith("2") and status not in now.get("responses", {}):
            yield f"{where}: never answers {status} any more"
        elif status.startswith("2"):
            yield from _given(f"{where} {status}", _body(answer), _body(now["responses"][status]), old, new)


def _body(holder: Document | None) -> Document:
    found: Document = ((holder or {}).get("content") or {}).get("application/json", {}).get("schema", {})
    return found


def _whole(schema: Document, document: Document) -> Document:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _sent(where: str, was: Document, now: Document, old: Document, new: Document, depth: int = 0) -> Iterator[str]:
    """Yield what was taken and would be refused."""
    was, now = _whole(was, old), _whole(now, new)
    yield from _kind(where, was, now)
    for name in (*BOUNDS_UP, *BOUNDS_DOWN):
        tighter = max if name in BOUNDS_UP else min
        if name in now and (name not in was or tighter(was[name], now[name]) != was[name]):
            yield f"{where}: {name} is tighter"
    if "pattern" in now and now["pattern"] != was.get("pattern"):
        yield f"{where}: takes another pattern"
    if "enum" in was and set(was["enum"]) - set(now.get("enum", was["enum"])):
        yield f"{where}: takes {', '.join(sorted(map(str, set(was['enum']) - set(now['enum']))))} no more"
    for name in sorted(set(now.get("required", [])) - set(was.get("required", []))):
        yield f"{where}: the field {name} is needed"
    yield from _fields(where, was, now, old, new, depth, _sent)


def _given(where: str, was: Document, now: Document, old: Document, new: Document, depth: int = 0) -> Iterator[str]:
    """Yield what was given and would be missing."""
    was, now = _whole(was, old), _whole(now, new)
    yield from _kind(where, was, now)
    yield from _fields(where, was, now, old, new, depth, _given)


def _kind(where: str, was: Document, now: Document) -> Iterator[str]:
    if "type" in was and was["type"] != now.get("type", was["type"]):
        yield f"{where}: was {was['type']}, is {now.get('type')}"
    if len(was.get("anyOf", [])) > len(now.get("anyOf", was.get("anyOf", []))):
        yield f"{where}: has fewer forms"


def _fields(where: str, was: Document, now: Document, old: Document, new: Document, depth: int, compare: Any) -> Iterator[str]:
    if depth > DEEPEST:
        return
    kept = now.get("properties", {})
    for name, schema in was.get("properties", {}).items():
        if name not in kept:
            yield f"{where}: the field {name} is gone"
        else:
            yield from compare(f"{where} {name}", schema, kept[name], old, new, depth + 1)
    if "items" in was and "items" in now:
        yield from compare(f"{where} []", was["items"], now["items"], old, new, depth + 1)
    for place, (one, other) in enumerate(zip(was.get("anyOf", []), now.get("anyOf", []), strict=False)):
        yield from compare(f"{where} ({place})", one, other, old, new, depth + 1)


def main(given: Sequence[str]) -> int:
    """Print what differs; return 1 if anything does, 2 where nobody committed a document."""
    new, write = served(), "--write" in given
    if not FILE.exists() and not write:
        sys.stdout.write(f"{FILE} is not there: python -m tests.guard.openapi --write\n")
        return 2
    old = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else new
    faults = breaking(old, new)
    if faults:
        sys.stdout.write("".join(f"breaks clients: {one}\n" for one in faults))
        return 1
    if write:
        FILE.write_text(json.dumps(new, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    elif old != new:
        sys.stdout.write(f"{FILE} is not what the code serves; nothing breaks: python -m tests.guard.openapi --write\n")
        return 1
    sys.stdout.write(f"{len(new['paths'])} paths of the HTTP API, as they are committed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
