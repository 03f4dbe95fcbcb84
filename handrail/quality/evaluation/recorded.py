"""Systems of record as they were: reads give what was read then, previews what was shown then, and no effect ever runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from handrail.business import Business, Kind
from handrail.domain.actions.effects import Effect, EffectResult, EffectStatus
from handrail.domain.errors import BusinessRefused, InvalidInput
from handrail.domain.llm.agent import ToolSpec
from handrail.domain.quality.evaluation.corrections import Correction, RecordedPreview
from handrail.ports import Clock, History
from handrail.postgres.business.tools import CheckedProposal, specification, validated
from handrail.quality.corrections.loosening import EXPLAINS
from handrail.quality.playing.arguments import same

UNRECORDED = "not_recorded"
NOTHING = "Nothing is on record for this call. Go on with what you know."
NOT_RUN = "Nothing is carried out in an evaluation."


class RecordedSystems:
    """The ports `SystemOfRecord` and `Customers` over one correction. `unrecorded` counts calls that it has no answer to."""

    def __init__(self, business: Business, correction: Correction, clock: Clock) -> None:
        self._business, self._clock = business, clock
        self._reads = {read.name: read for read in correction.reads}
        self._previews = correction.previews
        self._situation = next((preview.situation for preview in correction.previews), {})
        self.unrecorded = 0

    def specs(self, names: list[str]) -> list[ToolSpec]:
        """The tools of these names as a model sees them."""
        return [specification(self._business.by_name[name]) for name in names if name in self._business.by_name]

    async def check(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> CheckedProposal:
        """Check arguments against the tool's model; an effect shows what it showed then.

        Raises:
            InvalidInput: see the port.
            BusinessRefused: the effect was never looked at with these arguments.
        """
        known = self._business.by_name.get(tool)
        if known is None:
            raise InvalidInput(f"tool: there is no {tool[:60]!r}.")
        normal = validated(known, arguments).model_dump(mode="json")
        if known.kind is Kind.READ:
            return CheckedProposal(normal, tool, tool)
        preview = next((shown for shown in self._previews if shown.action == tool and covers(shown, normal)), None)
        if preview is None:
            self.unrecorded += 1
            raise BusinessRefused(UNRECORDED, NOTHING)
        own = {name: value for name, value in normal.items() if value is not None}
        pinned = {**preview.arguments, **{name: value for name, value in own.items() if name in EXPLAINS}}
        shown, facts = dict(preview.shown), dict(preview.facts)
        return CheckedProposal(pinned, preview.title, preview.headline, shown, facts, by_person=known.by_person)

    async def read(self, case_id: str, customer_id: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what the tool answered then.

        Raises:
            BusinessRefused: it was not asked this, or it refused then, too.
        """
        known = self._business.by_name.get(tool)
        given = validated(known, arguments).model_dump(mode="json") if known else arguments
        found = next((self._reads[name] for name in names_of(tool, given, arguments) if name in self._reads), None)
        if found is None:
            self.unrecorded += 1
            raise BusinessRefused(UNRECORDED, NOTHING)
        if not found.ok:
            raise BusinessRefused("refused", str((found.value or {}).get("refused", NOTHING)))
        return found.value if isinstance(found.value, dict) else {"value": found.value}

    async def apply(self, effect: Effect) -> EffectResult:
        """Carry out nothing."""
        about = effect.model_dump(include={"effect_id", "action", "arguments"})
        told = {"status": EffectStatus.REFUSED, "code": "evaluation", "message": NOT_RUN, "applied_at": self._clock.now()}
        return EffectResult.model_validate({**about, **told})

    async def facts(self, customer_id: str) -> dict[str, Any]:
        """Return what was known of the customer then."""
        prefix = "customer."
        known = {name.removeprefix(prefix): value for name, value in self._situation.items() if name.startswith(prefix)}
        known.pop("customer_id", None)
        return known


class RecordedHistory:
    """The port `History`: the counts and sums that were seen then; what was not recorded was 0."""

    def __init__(self, nothing: History, correction: Correction) -> None:
        self._nothing = nothing
        self._situation = next((preview.situation for preview in correction.previews), {})

    async def of(self, case_id: str, customer_id: str, leaving_out: Collection[str]) -> dict[str, Any]:
        """Every count and sum by its name."""
        zeros = await self._nothing.of(case_id, customer_id, leaving_out)
        return {**zeros, **{name: value for name, value in self._situation.items() if name in zeros}}


def covers(preview: RecordedPreview, arguments: Mapping[str, Any]) -> bool:
    """Return whether the preview is of these arguments: those that say why, and those that it pinned itself, aside."""
    return all(
        name in EXPLAINS or value is None or same(preview.arguments.get(name), value) for name, value in arguments.items()
    )


def names_of(tool: str, *given: Mapping[str, Any]) -> list[str]:
    """The names under which a read may have been kept: with its arguments as checked, as given, and without empty ones."""
    kept = [*given, *({name: value for name, value in found.items() if value is not None} for found in given)]
    return [*(f"{tool} {' '.join(map(str, found.values()))}".strip()[:120] for found in kept), tool]
