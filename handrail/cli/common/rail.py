"""Common parts of the commands around controls: scopes that there are, the controls in the database, what to show of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, environment

if TYPE_CHECKING:
    from handrail.domain.autonomy.controls import Scope
    from handrail.domain.autonomy.topics import Topic
    from handrail.embedded.state import Stack
    from handrail.postgres.autonomy.controls import PostgresControls
    from handrail.topics.dial import TopicDial
    from handrail.topics.loader import FileTopics

ANSWER_SECONDS = 3.0


def said(reason: str, actor: str) -> tuple[str, str]:
    """The words as text. Raises: InvalidInput."""
    from handrail.domain.case.messages import check_name, check_text

    return check_text("--reason", reason, 500), check_name("--actor", actor)


def parsed(scope: str) -> Scope:
    """Raises: InvalidInput: it is no scope."""
    from handrail.domain.autonomy.controls import Scope

    return Scope.parse(scope)


def checked(place: CliContext, scope: str) -> Scope:
    """The scope, of something that there is: a control over a name that nobody has would protect nothing.

    Raises:
        InvalidInput: it is no scope, or the business has no such topic, tool or segment.
    """
    from handrail.domain.autonomy.controls import ScopeKind
    from handrail.domain.errors import InvalidInput

    found = parsed(scope)
    business = place.business
    names: dict[ScopeKind, Sequence[str]] = {ScopeKind.TOOL: list(business.by_name), ScopeKind.SEGMENT: business.segments}
    if found.kind is ScopeKind.TOPIC:
        names[ScopeKind.TOPIC] = [one.name for one in topics(place)]
    known = names.get(found.kind)
    if known is not None and found.name not in known:
        raise InvalidInput(
            f"scope: there is no {found.kind} {found.name!r} here. Known: {', '.join(sorted(known)) or 'none'}."
        )
    return found


def topics(place: CliContext) -> list[Topic]:
    """The topics of the business. Raises: DefinitionInvalid."""
    return topics_of(place).all()


def topics_of(place: CliContext) -> FileTopics:
    """The files of the business's topics. Raises: DefinitionInvalid."""
    from handrail.topics.loader import FileTopics

    folder = place.settings.definitions or place.business.folder
    return FileTopics(folder / "topics", place.business.by_name)


def controls(place: CliContext, pool: Any) -> PostgresControls:
    """The controls in PostgreSQL."""
    from handrail.postgres.autonomy.controls import PostgresControls

    return PostgresControls(pool, place.business)


def dial(place: CliContext, pool: Any) -> TopicDial:
    """Build the dial of file and review gate."""
    from handrail.clock import SystemClock
    from handrail.postgres.autonomy.reviews import PostgresReviewGates
    from handrail.topics.dial import GateLever, TopicDial

    clock = SystemClock()
    return TopicDial(GateLever(PostgresReviewGates(pool, clock), clock))


def refuse_foreign(place: CliContext) -> None:
    """Raises: InvalidInput: the database is not that of an embedded stack of this folder."""
    from handrail.domain.errors import InvalidInput
    from handrail.embedded.state import running

    stack = running(place.data_dir or place.settings.data_dir)
    if stack is None or stack.database_url != place.settings.database_url.get_secret_value():
        raise InvalidInput(
            "drill: this is not the embedded stack of this folder, and a drill opens cases that act. "
            "Start one with `handrail up`, or add --yes if these cases may be opened there."
        )


def held(stack: Stack) -> list[str]:
    """List what holds the agent back by live controls, for people."""
    from handrail.cli.quality.evaluation.releasing import gate_over
    from handrail.domain.errors import HandrailError
    from handrail.outside.loading import brought
    from handrail.postgres.autonomy.controls import PostgresControls
    from handrail.postgres.autonomy.models import PostgresModels
    from handrail.postgres.pool import open_pool
    from handrail.postgres.quality.alarms import PostgresAlarms

    async def read() -> list[str]:
        pool = await open_pool(stack.database_url, size=1, wait=ANSWER_SECONDS)
        try:
            controlled = [one.words for one in await PostgresControls(pool, business).in_force()]
            record = PostgresModels(pool)
            paused = [one.words for one in await record.pauses()]
            names = [f"not accepted: {one.words}" for one in await record.open_names()]
            alarms = [f"{one.words}. `handrail alarms show {one.alarm_id}`" for one in await PostgresAlarms(pool).open()]
            gate = (await gate_over(settings.model_copy(update={"data_dir": stack.data_dir}), business, pool).standing()).why
            return [*controlled, *paused, *names, *alarms, gate]
        finally:
            await pool.close()

    try:
        settings = environment()
        business = brought(settings.business, settings.definitions)
        return run_async(read())
    except HandrailError as error:
        return [f"cannot be read: {error}"]
    except Exception as error:  # noqa: BLE001 - the status of a stack is shown, whatever its database says
        return [f"cannot be read ({type(error).__name__}); then nothing of the agent's leaves"]
