"""Makes a correction of what the record holds of one: read, redacted, and set beside what it relied on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handrail.domain.actions.proposals import SEND_REPLY
from handrail.domain.quality.evaluation.corrections import (
    Correction,
    CorrectionKind,
    CorrectionSource,
    RecordedPreview,
    RecordedRead,
    Relied,
    SaidBefore,
)
from handrail.quality.corrections.loosening import loosening
from handrail.quality.corrections.redaction import CaseRedactor
from handrail.quality.corrections.standing import InForce

MESSAGES = 40
READS = 40
HAND_BACK = "hand_back"
"""The action of what a person told the agent to do; its `done` holds the note."""


def correction_of(source: CorrectionSource, stands: InForce) -> Correction:
    """Return the correction, without personal data."""
    reads, messages = list(_reads(source))[-READS:], source.messages[-MESSAGES:]
    action, reason, proposed, done = _what(source)
    redactor = CaseRedactor(source.customer_id, _data(source, reads), messages)
    said = [SaidBefore(author=message.author, text=redactor.said(message)) for message in messages]
    return Correction(
        kind=source.kind,
        topic=source.topic,
        action=action,
        reason=reason,
        language=source.language or "en",
        said=said,
        proposed=redactor.value(proposed),
        done=redactor.value(done),
        note=redactor.text(source.note or ""),
        reads=[RecordedRead.model_validate(redactor.value(read.model_dump(mode="json"))) for read in reads],
        previews=[
            RecordedPreview.model_validate(redactor.value(preview.model_dump(mode="json"))) for preview in _previews(source)
        ],
        relied=_relied(source, stands),
        decided_by=source.decided_by,
        loosens=loosening(source.kind, action, reason, proposed, done),
    )


def _what(source: CorrectionSource) -> tuple[str, str, dict[str, Any] | None, dict[str, Any] | None]:
    """The action, the reason's code, what was proposed and what was done."""
    request, decision, handoff = source.request, source.decision, source.handoff
    if request is not None and decision is not None:
        if source.kind is CorrectionKind.REJECTION:
            return request.action, "rejected", dict(request.arguments), None
        changed = sorted(name for name, value in decision.arguments.items() if request.arguments.get(name) != value)
        return request.action, f"edited:{','.join(changed)}"[:120], dict(request.arguments), dict(decision.arguments)
    reason = handoff.escalation.reason if handoff else "unknown"
    suggested = handoff.suggested_reply if handoff else None
    proposed = {"text": suggested} if suggested else None
    if source.kind is CorrectionKind.HAND_BACK:
        return HAND_BACK, reason, proposed, {"note": source.note or ""}
    return SEND_REPLY, reason, proposed, {"text": source.reply} if source.reply else None


def _reads(source: CorrectionSource) -> Iterator[RecordedRead]:
    """Yield the reads of the agent: the packet's facts, or those of the turn that was stopped."""
    if source.handoff is not None:
        for fact in source.handoff.facts:
            yield RecordedRead(name=fact.name, tool=fact.source, value=fact.value)
    evidence = source.evidence or {}
    named = set[str]()
    for fact in evidence.get("facts") or []:
        named.add(fact["name"])
        yield RecordedRead(name=fact["name"], tool=fact["source"], value=fact["value"])
    for had in evidence.get("exchanges") or []:
        call = had["call"]
        name = f"{call['tool']} {' '.join(str(value) for value in call['arguments'].values())}".strip()[:120]
        if name not in named:
            yield RecordedRead(name=name, tool=call["tool"], value=had["result"], ok=had.get("ok", True))


def _previews(source: CorrectionSource) -> Iterator[RecordedPreview]:
    """Yield the previews of the effect as proposed, and as decided where that was ruled on."""
    request, ruled = source.request, source.ruled
    situation = ruled.verdict.situation if ruled else {}
    if request is not None and request.action != SEND_REPLY:
        about = request.model_dump(include={"action", "arguments", "title", "headline", "shown", "facts"})
        yield RecordedPreview(**about, situation=situation)
    if ruled is not None and request is not None and ruled.proposal.arguments != request.arguments:
        verdict = ruled.verdict.model_dump(include={"title", "headline", "shown", "facts", "situation"})
        yield RecordedPreview(action=ruled.proposal.action, arguments=ruled.proposal.arguments, **verdict)


def _data(source: CorrectionSource, reads: list[RecordedRead]) -> list[Any]:
    """Everything structured: it tells which names there are."""
    found: list[Any] = [read.value for read in reads]
    if source.request is not None:
        found += [source.request.arguments, source.request.shown]
    if source.decision is not None:
        found.append(source.decision.arguments)
    return found


def _relied(source: CorrectionSource, stands: InForce) -> Relied:
    answered, evidence = source.answered or {}, source.evidence or {}
    hits = source.ruled.verdict.hits if source.ruled else []
    rules = list(source.request.rules) if source.request else []
    packet = source.handoff.policy_hits if source.handoff else []
    rules += [f"{hit.policy}/{hit.rule}" for hit in packet if hit.policy and hit.rule]
    filed = {*stands.files, *(hit.policy for hit in hits if hit.version)}
    hashes, terms = stands.relied([name for name in rules if name.partition("/")[0] in filed], source.topic)
    versions = source.handoff.versions if source.handoff else None
    return Relied(
        policy_version=source.ruled.verdict.policy_version if source.ruled else "",
        files={hit.policy: hit.version for hit in hits if hit.version and f"{hit.policy}/{hit.rule}" in rules},
        rules=hashes,
        terms=terms,
        prompt=str(answered.get("prompt") or evidence.get("prompt_version") or ""),
        model=str(answered.get("model") or evidence.get("answered_by") or (versions.model if versions else "")),
        graph=str(answered.get("graph") or evidence.get("graph_version") or ""),
    )
