"""Cases as tasks of A2A: states, messages and answers, as the protocol writes them."""

from __future__ import annotations

from collections.abc import Sequence

from a2a.types.a2a_pb2 import ROLE_AGENT, ROLE_USER, Artifact, Message, Part, Task, TaskState, TaskStatus
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from handrail.domain.case.cases import CaseStatus
from handrail.domain.case.messages import Author
from handrail.domain.case.messages import Message as CaseMessage
from handrail.domain.http.agents import AgentCase, AgentTask

SIGN_IN = (
    "Say for whom you speak: send the same message again with the token of the customer (POST /v1/tokens makes one for your "
    "backend), or, with a backend's key, with customer_id in the message's metadata."
)
WITH_PERSON = "A person has this case now, and answers in it."
TO_CONFIRM = "Give this address to your human: they confirm or refuse there. Your own yes does not count."
TERMINAL = frozenset({TaskState.TASK_STATE_COMPLETED, TaskState.TASK_STATE_REJECTED})
WAITING = frozenset({TaskState.TASK_STATE_INPUT_REQUIRED, TaskState.TASK_STATE_AUTH_REQUIRED})


def state_of(case: AgentCase) -> TaskState:
    """Return the state of the case's task."""
    match case.status:
        case CaseStatus.AWAITING_CUSTOMER:
            return TaskState.TASK_STATE_INPUT_REQUIRED
        case CaseStatus.RESOLVED:
            return TaskState.TASK_STATE_COMPLETED
        case CaseStatus.CLOSED:
            return TaskState.TASK_STATE_COMPLETED if case.reply else TaskState.TASK_STATE_REJECTED
        case _:
            return TaskState.TASK_STATE_WORKING


def task_of(part: AgentTask, case: AgentCase, history: Sequence[CaseMessage] = ()) -> Task:
    """Return the case as a task of the conversation; a resolved one has its answer as an artifact."""
    task = Task(id=case.case_id, context_id=part.context_id, status=status_of(part, case), metadata=told(case))
    task.history.extend(message_of(part, one) for one in history)
    if state_of(case) == TaskState.TASK_STATE_COMPLETED and case.reply:
        answer = Artifact(artifact_id=f"{case.case_id}-answer", name="answer", parts=[Part(text=case.reply)])
        task.artifacts.append(answer)
    return task


def sign_in(part: AgentTask) -> Task:
    """Return the task of somebody who has not said for whom they speak."""
    said = Message(message_id=f"{part.case_id}-identity", role=ROLE_AGENT, task_id=part.case_id, context_id=part.context_id)
    said.parts.append(Part(text=SIGN_IN))
    status = TaskStatus(state=TaskState.TASK_STATE_AUTH_REQUIRED, message=said)
    return Task(id=part.case_id, context_id=part.context_id, status=status)


def status_of(part: AgentTask, case: AgentCase) -> TaskStatus:
    """Return the status with what is said in it: the newest reply, who has the case, what a human has to confirm."""
    said = Message(
        message_id=f"{case.case_id}-{case.turn}-{case.status.lower()}",
        role=ROLE_AGENT,
        task_id=part.case_id,
        context_id=part.context_id,
    )
    if case.status in (CaseStatus.WITH_HUMAN, CaseStatus.AWAITING_APPROVAL):
        said.parts.append(Part(text=WITH_PERSON))
    if case.reply and case.status is not CaseStatus.WORKING:
        said.parts.append(Part(text=case.reply))
    if case.question is not None:
        said.parts.append(Part(text=TO_CONFIRM))
        said.parts.append(Part(url=case.question.link, media_type="text/html"))
        asked = {"human_confirmation": case.question.model_dump(mode="json")}
        said.parts.append(Part(data=ParseDict(asked, Value()), media_type="application/json"))
    status = TaskStatus(state=state_of(case))
    if said.parts:
        status.message.CopyFrom(said)
    if case.updated_at is not None:
        at = Timestamp()
        at.FromDatetime(case.updated_at)
        status.timestamp.CopyFrom(at)
    return status


def told(case: AgentCase) -> Struct:
    """Return what every task tells: that a machine answers, and for whom."""
    return ParseDict({"machine": True, "acts_for": case.acts_for, "turn": case.turn}, Struct())


def message_of(part: AgentTask, one: CaseMessage) -> Message:
    """Return a message of the transcript: without who in the house wrote it."""
    role = ROLE_USER if one.author is Author.CUSTOMER else ROLE_AGENT
    message = Message(message_id=one.message_id, role=role, task_id=part.case_id, context_id=part.context_id)
    message.parts.append(Part(text=one.text))
    return message
