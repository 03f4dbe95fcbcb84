"""tau2-bench's tasks: which actions solve them, and whose case each is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from examples.retail.tasks.reference import Reference, ToolRefused
from examples.retail.tools.published import EFFECTS, READS
from handrail.domain.errors import InvalidInput

TRANSFER = "transfer_to_human_agents"
KNOWN = {tool.name for tool in (*READS, *EFFECTS)} | {TRANSFER}
CHANGING = {tool.name for tool in EFFECTS}


class TaskPart(BaseModel):
    """Fields that are of no use here are passed over."""

    model_config = ConfigDict(extra="ignore")


class Action(TaskPart):
    """A tool with its arguments."""

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Criteria(TaskPart):
    """The criteria by which a task is solved."""

    actions: list[Action] | None = None


class Task(TaskPart):
    """One task; `initial_state` changes the data before it begins, which no retail task does."""

    id: Annotated[str, BeforeValidator(str)]
    evaluation_criteria: Criteria | None = None
    initial_state: Any = None
    user_scenario: Any = None

    @property
    def actions(self) -> list[Action]:
        """The actions, in order."""
        return (self.evaluation_criteria.actions if self.evaluation_criteria else None) or []


@dataclass(frozen=True, slots=True)
class Case:
    """A task with its customer."""

    task: Task
    customer_id: str


def read_tasks(file: Path) -> list[Task]:
    """The tasks of a file.

    Raises:
        InvalidInput: the file is absent, or a task cannot be played; names task and field.
    """
    try:
        tasks = TypeAdapter(list[Task]).validate_json(file.read_bytes())
    except OSError as error:
        raise InvalidInput(f"--tasks: {file} cannot be read ({error.strerror}). Name a file of tau2-bench tasks.") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        raise InvalidInput(f"--tasks: {file}: {where}: {first['msg']}. A list of tau2-bench tasks is expected.") from None
    if not tasks:
        raise InvalidInput(f"--tasks: {file}: holds no task; an empty list proves nothing. Give at least one.")
    names = [task.id for task in tasks]
    for task in tasks:
        if names.count(task.id) > 1:
            raise InvalidInput(f"--tasks: {file}: the id {task.id!r} stands there twice. Rename one.")
        if task.initial_state:
            raise InvalidInput(f"--tasks: {file}: task {task.id}: initial_state: is not played here. Leave that task out.")
        for place, action in enumerate(task.actions):
            if action.name not in KNOWN:
                where = f"task {task.id}: evaluation_criteria.actions.{place}.name"
                raise InvalidInput(f"--tasks: {file}: {where}: there is no tool {action.name[:60]!r} in the retail domain.")
    return tasks


def customer_of(task: Task, db: dict[str, Any]) -> str:
    """Return the customer of a task: the owner of what is changed, else who is looked up, else who is described.

    Raises:
        InvalidInput: nobody can be made out.
    """
    reference = Reference(db)
    ordered = sorted(task.actions, key=lambda action: action.name not in CHANGING)
    for action in ordered:
        found = owner(action, reference)
        if found is not None:
            return found
    return described(task, db)


def owner(action: Action, reference: Reference) -> str | None:
    """Return the owner of the order, or the user, that an action is about."""
    users, orders = reference.db["users"], reference.db["orders"]
    order, user = action.arguments.get("order_id"), action.arguments.get("user_id")
    if isinstance(order, str) and order in orders:
        return str(orders[order]["user_id"])
    if isinstance(user, str) and user in users:
        return user
    if action.name.startswith("find_user_id"):
        try:
            return str(reference.apply(action.name, action.arguments))
        except ToolRefused:
            return None
    return None


def described(task: Task, db: dict[str, Any]) -> str:
    """The user whose id, e-mail, order, or name and ZIP code stands in the scenario's text.

    Raises:
        InvalidInput: nobody's does.
    """
    text = json.dumps(task.user_scenario, ensure_ascii=False).casefold()
    for user_id, user in db["users"].items():
        name = f"{user['name']['first_name']} {user['name']['last_name']}".casefold()
        known = name in text and user["address"]["zip"].casefold() in text
        if known or any(one.casefold() in text for one in (user_id, user["email"], *user["orders"])):
            return str(user_id)
    raise InvalidInput(f"--tasks: task {task.id}: no action and no word of its scenario says which customer it is about.")
