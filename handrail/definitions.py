"""The YAML that businesses bring: read with line numbers, hashed, and read again when it changes.

One mechanism for policies, topics and the matrix. Every error is a `DefinitionInvalid` whose lines read `file:line: what is
wrong. What would be right.`
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from handrail.domain.errors import DefinitionInvalid

log = logging.getLogger(__name__)

Location = tuple[str | int, ...]
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_SETTLED_NS = 2_000_000_000
_TAG = "tag:yaml.org,2002:"


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core scalars: Norway's `no` stays a text, `12:30` is no number, and nothing is shared by alias."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 -- PyYAML's own attribute

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="an alias (*name) is not taken here; write the value out", problem_mark=mark)
        return super().compose_node(parent, index)


for _name, _pattern in {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]{1,18}",
    "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
}.items():
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), None)


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    match node.tag.removeprefix(_TAG):
        case "str":
            return text
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text)
        case "float":
            return float(text.replace(".inf", "inf").replace(".nan", "nan") if text.lower().endswith(("inf", "nan")) else text)
        case tag:
            raise yaml.MarkedYAMLError(problem=f"the tag {tag!r} is not taken here", problem_mark=node.start_mark)


def _value(node: yaml.Node, at: Location, lines: dict[Location, int]) -> Any:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*at, index), lines) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a plain word", problem_mark=key_node.start_mark)
            key = str(key_node.value)
            if key in found:
                problem = f"the key {key!r} stands here twice; keep one"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            lines[*at, key] = key_node.start_mark.line + 1
            found[key] = _value(value_node, (*at, key), lines)
        return found
    return _scalar(node)  # type: ignore[arg-type]  # the third and last kind of node


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file: its plain data, and the line of every key and item (counted from 1).

    `version` is the start of the file's SHA-256, as `sha256sum` prints it (16 hex digits).
    """

    path: Path
    data: Any
    lines: Mapping[Location, int]
    version: str = ""

    @classmethod
    def of(cls, path: Path, content: bytes) -> Document:
        """The document in `content`, which was read from `path`.

        Raises:
            DefinitionInvalid: no UTF-8, no YAML, a key twice, an alias or a tag.
        """
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            raise DefinitionInvalid(f"{path}:{line}: is not UTF-8. Save the file as UTF-8.") from error
        lines: dict[Location, int] = {}
        try:
            node = yaml.compose(text, Loader=_Loader)
            data = None if node is None else _value(node, (), lines)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = mark.line + 1 if mark else 1
            raise DefinitionInvalid(f"{path}:{at}: is not the YAML expected: {error.problem}. Correct this line.") from error
        except yaml.YAMLError as error:
            words = " ".join(str(error).split())
            raise DefinitionInvalid(f"{path}:1: is not YAML: {words}. Remove that character.") from error
        except RecursionError as error:
            raise DefinitionInvalid(f"{path}:1: is nested too deeply. Write it flatter.") from error
        return cls(path, data, lines, hashlib.sha256(content).hexdigest()[:16])

    def problem(self, words: str, *at: str | int) -> str:
        """`file:line: words`, with the line of the nearest thing that stands at `at`."""
        return f"{self.path}:{self.lines[self._nearest(at)] if self.lines else 1}: {words}"

    def parse(self, kind: type[M]) -> M:
        """The document as `kind`.

        Raises:
            DefinitionInvalid: one line for each thing that does not fit.
        """
        if not isinstance(self.data, dict):
            needed = ", ".join(name for name, field in kind.model_fields.items() if field.is_required())
            raise DefinitionInvalid(self.problem(f"holds no keys. At least these are needed: {needed}."))
        try:
            # Strict, so that `true` is no number and a number no day; as JSON, so that texts still become days.
            return kind.model_validate_json(json.dumps(self.data), strict=True)
        except ValidationError as error:
            found = error.errors(include_url=False)
            raise DefinitionInvalid("\n".join(self._sentence(kind, one) for one in found)) from error

    def _nearest(self, at: Location) -> Location:
        """The longest known place on the way: pydantic's locations also hold the names of union members."""
        place: Location = ()
        for step in at:
            if (*place, step) in self.lines:
                place = (*place, step)
        return place

    def _sentence(self, kind: type[BaseModel], error: ErrorDetails) -> str:
        at: Location = error["loc"]
        name = ".".join(str(step) for step in self._nearest(at)) or "the file"
        given = repr(error["input"])[:60]
        words = error["msg"].removeprefix("Value error, ")
        words = words[:1].lower() + words[1:]
        match error["type"]:
            case "missing":
                words = f"{'.'.join(str(step) for step in (*self._nearest(at), at[-1]))}: is missing. Add it."
            case "extra_forbidden":
                words = f"{name}: is no key that is known here. Known: {', '.join(_known_keys(kind, at))}."
            case "string_type":
                words = f"{name}: {given} is no text. Put a text there, in quotes where it looks like a number."
            case "value_error":
                words = f"{name}: {words.rstrip('.')}."
            case _:
                words = f"{name}: {given} does not fit: {words}."
        return self.problem(words, *at)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _known_keys(kind: type[BaseModel], at: Location) -> list[str]:
    """The keys of the model that pydantic stood in when it met the key `at[-1]`."""
    kinds = [kind]
    for step in at[:-1]:
        entered = [model.model_fields[str(step)] for model in kinds if step in model.model_fields]
        kinds = [one for field in entered for one in _models(field.annotation)] or kinds
    return sorted({key for model in kinds for key in model.model_fields})


def refuse(problems: list[str]) -> None:
    """Raises: DefinitionInvalid: there is at least one problem; a line for each."""
    if problems:
        raise DefinitionInvalid("\n".join(problems))


def files(path: Path) -> list[Path]:
    """The file itself, or the folder's `*.yaml` and `*.yml` in order of name, without hidden ones.

    Raises:
        DefinitionInvalid: there is none.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DefinitionInvalid(f"{path}: there is no such file or folder. Create it, or name another one.")
    found = sorted(one for one in path.iterdir() if one.suffix in (".yaml", ".yml") and not one.name.startswith("."))
    if not found:
        raise DefinitionInvalid(f"{path}: holds no *.yaml file. Add at least one.")
    return found


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """A value with the hash of exactly the content that it was built from (16 hex digits)."""

    value: T
    version: str


class Pace:
    """Says when it is time to look again: at most once in `every` seconds, always where that is 0."""

    def __init__(self, every: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._every, self._clock = every, clock
        self._last = float("-inf")

    def due(self) -> bool:
        """Tell if it is time; if so, the next time begins now."""
        now = self._clock()
        if now - self._last < self._every:
            return False
        self._last = now
        return True


class Live(Generic[T]):
    """A definition in force: looks at its files when it is used and builds anew when they changed.

    It looks at most once in `every` seconds, so that many uses cost one look; between looks the version in force is given.

    `also` are single files that belong to it where they are there.

    A change that cannot be used leaves the last good version in force; `problem` says why, and the log says so once. Safe to
    use from threads. An editor that does not save by renaming may be read half-way: the rest follows at the next use.
    """

    def __init__(
        self,
        path: Path,
        build: Callable[[list[Document]], T],
        *,
        also: Sequence[Path] = (),
        every: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises: DefinitionInvalid: the first reading must succeed."""
        self._path, self._also = path, also
        self._pace = Pace(every, clock)
        self._build = build
        self._lock = threading.Lock()
        self._stamp: tuple[object, ...] = ()
        self._settled = False
        self._newest = 0
        self._tried = ""
        self._problem: str | None = None
        self._pace.due()
        self._loaded = self._load(self._look())

    def now(self) -> Loaded[T]:
        """The last good version; files are read only where size or time of change differ from the last look."""
        with self._lock:
            if not self._pace.due():
                return self._loaded
            try:
                stamp = self._look()
                if stamp != self._stamp or not self._settled:
                    self._loaded = self._load(stamp)
            except DefinitionInvalid as error:
                self._keep(str(error))
            return self._loaded

    @property
    def version(self) -> str:
        """The hash of the content in force."""
        return self.now().version

    @property
    def problem(self) -> str | None:
        """The reason why the newest content is not in force, or None where it is."""
        self.now()
        return self._problem

    def _look(self) -> tuple[object, ...]:
        try:
            stats = [(one, one.stat()) for one in self._files()]
        except (OSError, DefinitionInvalid) as error:
            raise self._unreadable(error) from error
        # A file system's clock is coarse: two edits can carry one time. Young files are therefore hashed again.
        self._newest = max(stat.st_mtime_ns for _, stat in stats)
        return tuple((one.name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for one, stat in stats)

    def _load(self, stamp: tuple[object, ...]) -> Loaded[T]:
        settled = time.time_ns() - self._newest > _SETTLED_NS
        try:
            contents = [(one, one.read_bytes()) for one in self._files()]
        except (OSError, DefinitionInvalid) as error:
            raise self._unreadable(error) from error
        version = _hash(contents)
        self._stamp, self._settled = stamp, settled
        if version == self._tried:
            return self._loaded
        self._tried = version
        value = self._build([Document.of(one, content) for one, content in contents])
        self._problem = None
        return Loaded(value, version)

    def _files(self) -> list[Path]:
        return [*files(self._path), *(one for one in self._also if one.is_file())]

    def _unreadable(self, error: OSError | DefinitionInvalid) -> DefinitionInvalid:
        """Forgets the last look, so that files which come back are read again whatever their times say."""
        self._stamp, self._tried = (), ""
        if isinstance(error, DefinitionInvalid):
            return error
        return DefinitionInvalid(f"{self._path}: cannot be read ({error}). Make it readable.")

    def _keep(self, problem: str) -> None:
        if problem != self._problem:
            log.error("The last good version stays in force: %s", problem)
        self._problem = problem


def _hash(contents: list[tuple[Path, bytes]]) -> str:
    """Names and bytes, each with its length: moving text from one file to the next is a change."""
    whole = hashlib.sha256()
    for path, content in contents:
        whole.update(f"{path.name}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()[:16]
