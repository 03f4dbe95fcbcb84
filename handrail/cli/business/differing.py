"""Two sets of policies side by side, for people and for programs: what `handrail policy diff` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from handrail.cli.common.tables import moment, print_rows, screen

if TYPE_CHECKING:
    from handrail.policies.sets import PolicySet
    from handrail.postgres.case.proposals import RecordedEffect

Document = dict[str, Any]


def diff_document(
    old: PolicySet, new: PolicySet, recorded: Sequence[RecordedEffect] | None, history: Sequence[str]
) -> Document:
    """changes; with recorded proposals also replay: proposals, same, stricter, looser, otherwise, changed."""
    from handrail.policies.changes import changes

    found = [one.model_dump(mode="json") for one in changes(old, new)]
    return {"changes": found, "replay": None if recorded is None else _replay(old, new, recorded, history)}


def _replay(old: PolicySet, new: PolicySet, recorded: Sequence[RecordedEffect], history: Sequence[str]) -> Document:
    from handrail.policies.changes import ruled_under

    ruled = [(one, ruled_under(old, new, one.proposal, one.verdict, history)) for one in recorded]
    counts = Counter(both.direction for _, both in ruled)
    changed = [
        {
            "proposal_id": one.proposal.proposal_id,
            "case_id": one.case_id,
            "action": one.proposal.action,
            "arguments": one.proposal.arguments,
            "ruled_at": one.ruled_at.isoformat(),
            "recorded": one.verdict.ruling.value,
            "status": one.status,
            "direction": both.direction,
            **both.model_dump(mode="json"),
        }
        for one, both in ruled
        if both.direction != "same"
    ]
    kinds = ("same", "stricter", "looser", "otherwise")
    return {"proposals": len(ruled), **{kind: counts[kind] for kind in kinds}, "changed": changed}


def print_diff(made: Document) -> None:
    """Print what differs in the files, then what would have been ruled otherwise."""
    rows = [(f"{one['policy']}/{one['rule']}".rstrip("/"), one["what"], _fields(one["fields"])) for one in made["changes"]]
    print_rows(("rule", "", "before → after"), rows, "The files say the same.")
    replay = made["replay"]
    if replay is None:
        return
    changed = [
        (
            one["case_id"],
            moment_of(one["ruled_at"]),
            one["action"],
            f"{one['old']['ruling']} → {one['new']['ruling']}",
            ", ".join(one["old"]["rules"]) or "nothing",
            ", ".join(one["new"]["rules"]) or "nothing",
            one["status"],
        )
        for one in replay["changed"]
    ]
    screen().print("")
    print_rows(("case", "ruled", "action", "old → new", "by (old)", "by (new)", "became"), changed, "No ruling changes.")
    screen().print(
        f"\n{replay['proposals']} recorded proposals: {replay['same']} the same, {replay['stricter']} stricter, "
        f"{replay['looser']} looser, {replay['otherwise']} asking somebody else, or for another approval."
    )


def moment_of(text: str) -> str:
    """A recorded time in UTC to the second."""
    from datetime import datetime

    return moment(datetime.fromisoformat(text))


def _fields(fields: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {_said(before)} → {_said(after)}" for name, (before, after) in fields.items())


def _said(value: Any) -> str:
    """A condition as one would write it, everything else as it is."""
    match value:
        case None:
            return "none"
        case {"field": field, "operator": operator, "value": against}:
            return f"{field} {operator} {against}"
        case {"all": parts}:
            return " and ".join(_said(part) for part in parts)
        case {"any": parts}:
            return f"({' or '.join(_said(part) for part in parts)})"
        case _:
            return str(value)
