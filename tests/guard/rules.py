"""Rules of deterministic code: what each guarded folder may import and use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VALUES: Final = frozenset(
    [
        "__future__",
        "abc",
        "bisect",
        "calendar",
        "collections",
        "collections.abc",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "itertools",
        "json",
        "math",
        "numbers",
        "operator",
        "re",
        "string",
        "textwrap",
        "types",
        "typing",
        "typing_extensions",
        "unicodedata",
        "urllib.parse",
        "uuid",
        "pydantic",
    ]
)
"""Modules that only compute."""
PROJECT: Final = frozenset({"activities", "graphs", "handrail", "workflows"})
"""import-linter says who may import what of these."""
BUILTINS: Final = frozenset(
    [
        "breakpoint",
        "compile",
        "eval",
        "exec",
        "globals",
        "hash",
        "id",
        "input",
        "locals",
        "memoryview",
        "open",
        "print",
        "vars",
        "__import__",
        "__builtins__",
    ]
)
"""These reach the world or differ between processes: hashes of text are seeded, identities are addresses."""
CLOCKS: Final = frozenset(["now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"])
DOORS: Final = frozenset(
    [
        "run_in_executor",
        "call_soon_threadsafe",
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "getenv",
        "environ",
        "urandom",
    ]
)
"""These attributes reach threads, files or the environment, whatever object has them."""
DUNDERS: Final = frozenset(
    ["__builtins__", "__code__", "__dict__", "__getattribute__", "__globals__", "__import__", "__loader__", "__subclasses__"]
)
"""These go behind the names that are checked."""
CACHES: Final = frozenset(["cache", "cached_property", "lru_cache"])
ONLY: Final = {
    "asyncio": frozenset(
        [
            "CancelledError",
            "Condition",
            "Event",
            "Future",
            "InvalidStateError",
            "Lock",
            "Queue",
            "QueueEmpty",
            "QueueFull",
            "Semaphore",
            "Task",
            "TaskGroup",
            "TimeoutError",
            "create_task",
            "gather",
            "iscoroutine",
            "shield",
            "sleep",
            "timeout",
            "wait_for",
        ]
    ),
    "functools": frozenset(["partial", "partialmethod", "reduce", "singledispatch", "total_ordering", "wraps", "cmp_to_key"]),
    "temporalio": frozenset(["api", "common", "exceptions", "langgraph", "workflow"]),
    "uuid": frozenset(
        ["UUID", "SafeUUID", "uuid3", "uuid5", "NAMESPACE_DNS", "NAMESPACE_OID", "NAMESPACE_URL", "NAMESPACE_X500"]
    ),
}
"""Of these modules only the named members are deterministic."""
NEVER: Final = ("temporalio.workflow.unsafe",)
INSTEAD: Final = {
    "asyncio": "use what temporalio.workflow has, or an activity",
    "datetime": "use workflow.now()",
    "functools": "a cache is state that cases share",
    "logging": "use workflow.logger",
    "os": "read it in worker.py and pass it on",
    "random": "use workflow.random()",
    "secrets": "make it in an activity",
    "temporalio": "workflow code needs workflow, common and exceptions",
    "time": "use workflow.time() or asyncio.sleep",
    "uuid": "use workflow.uuid4()",
}


@dataclass(frozen=True, slots=True)
class Folder:
    """Rules of one folder: modules beside `VALUES`, and the names whose `now` is deterministic."""

    modules: frozenset[str]
    clocks: frozenset[str]
    builtins: frozenset[str] = BUILTINS
    doors: frozenset[str] = DOORS
    members: frozenset[str] = frozenset()
    """Allowed beside `ONLY`."""
    strict: bool = True
    """Whether the order of sets and shared containers are checked, too."""

    def may_import(self, module: str) -> bool:
        """Whether the module, or a package around it, is allowed."""
        known = self.modules | VALUES | PROJECT
        around = {module.rsplit(".", cut)[0] for cut in range(1, module.count(".") + 1)}
        return module in known or bool(around & (known - {"collections", "importlib", "urllib"}))


FOLDERS: Final = {
    "workflows": Folder(
        frozenset({"asyncio", "contextlib", "functools", "langgraph", "temporalio"}), clocks=frozenset({"workflow"})
    ),
    "graphs": Folder(
        frozenset({"asyncio", "contextlib", "functools", "langchain_core", "langgraph", "logging"}),
        clocks=frozenset({"clock", "_clock"}),
        members=frozenset({"to_thread"}),
    ),
    "handrail/domain": Folder(
        frozenset(
            [
                "babel",
                "functools",
                "hashlib",
                "importlib.resources",
                "mailparser_reply",
                "pathlib",
                "publicsuffixlist",
                "tomllib",
                "zoneinfo",
            ]
        ),
        clocks=frozenset(),
        builtins=BUILTINS - {"vars"},
        doors=DOORS - {"read_text"},
        members=CACHES,
        strict=False,
    ),
}
"""`handrail/domain` reads word lists beside it, once; graphs ask their clock port."""
