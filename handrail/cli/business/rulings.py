"""Rulings for people and for programs: what `handrail policy` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from handrail.cli.common.tables import arguments, plain, print_rows, screen
from handrail.domain.counting import many

if TYPE_CHECKING:
    from handrail.domain.actions.proposals import Proposal, Verdict
    from handrail.domain.policy.rulings import RuleFinding
    from handrail.policies.loader import FilePolicies
    from handrail.policies.names import PolicyNames
    from handrail.policies.reports import PolicyReport
    from handrail.postgres.case.proposals import RecordedEffect

Document = dict[str, Any]
STATES = {"holds": "holds", "does_not_hold": "does not hold", "does_not_apply": "does not apply", "failed": "CANNOT TELL"}


def reports_document(found: Sequence[PolicyReport], *, passed: bool) -> Document:
    """passed, files, examples, failed, untried."""
    examples = [one for report in found for one in report.examples]
    return {
        "passed": passed,
        "examples": len(examples),
        "failed": sum(not one.passed for one in examples),
        "refused": sum(one.refused is not None for one in found),
        "untried": sum(len(one.untried) for one in found),
        "files": [{**one.model_dump(mode="json"), "passed": one.passed} for one in found],
    }


def print_reports(found: Sequence[PolicyReport], *, strict: bool) -> None:
    """A row for each example, then what is wrong and what is not tried."""
    rows = [
        (report.policy, one.name, one.tool, one.expect, one.ruling, "ok" if one.passed else "FAILS")
        for report in found
        for one in report.examples
    ]
    print_rows(("policy", "example", "tool", "expects", "rules", ""), rows, "No examples.")
    failed = [(report, one) for report in found for one in report.examples if not one.passed]
    lines = [f"FAILS: {report.policy}: {one.name}: {one.because}" for report, one in failed]
    lines += [f"REFUSED: {report.refused}" for report in found if report.refused]
    word = "FAILS" if strict else "Not tried"
    lines += [f"{word}: no example reaches {report.policy}/{rule}." for report in found for rule in report.untried]
    lines += [f"Note: {report.policy}/{words}." for report in found for words in report.idle]
    total = sum(len(report.examples) for report in found)
    lines.append(f"{total - len(failed)} of {many(total, 'example')} in {many(len(found), 'file')} rule as they say.")
    screen().print("\n" + "\n".join(plain(line) for line in lines))


def asked_document(policies: FilePolicies, proposal: Proposal, facts: dict[str, Any]) -> Document:
    """Return what the policies in force say to a proposal that somebody wrote down."""
    verdict = policies.rule(proposal, facts)
    return {
        "action": proposal.action,
        "arguments": proposal.arguments,
        **_ruled(verdict, policies.explain(proposal, facts)),
    }


def case_document(case_id: str, policies: FilePolicies, recorded: Sequence[RecordedEffect], known: PolicyNames) -> Document:
    """Every recorded proposal of a case: the ruling then, and every rule of now over what was seen then."""
    return {
        "case_id": case_id,
        "version": policies.version,
        "proposals": [_recorded(policies, one, known) for one in recorded],
    }


def _recorded(policies: FilePolicies, one: RecordedEffect, known: PolicyNames) -> Document:
    from handrail.domain.policy.facts import recalled

    facts = recalled(one.proposal, one.verdict, known.history)
    now = _ruled(policies.rule(one.proposal, facts), policies.explain(one.proposal, facts))
    then = {
        "version": one.verdict.policy_version,
        "ruling": one.verdict.ruling.value,
        "hits": [hit.model_dump(mode="json") for hit in one.verdict.hits],
    }
    return {
        "proposal_id": one.proposal.proposal_id,
        "revision": one.proposal.revision,
        "action": one.proposal.action,
        "arguments": one.proposal.arguments,
        "status": one.status,
        "ruled_at": one.ruled_at.isoformat(),
        "same_version": then["version"] == now["version"],
        "then": then,
        "now": now,
    }


def _ruled(verdict: Verdict, findings: Iterable[RuleFinding]) -> Document:
    return {
        "version": verdict.policy_version,
        "ruling": verdict.ruling.value,
        "messages": verdict.messages,
        "customer": _of_customer(verdict),
        "demands": verdict.demands.model_dump(mode="json") if verdict.ruling == "require_approval" else None,
        "rules": [
            {
                **one.model_dump(mode="json", exclude={"hit", "covers"}),
                "message": one.hit.message if one.hit else None,
                "file_version": one.hit.version if one.hit else None,
            }
            for one in findings
        ],
    }


def _of_customer(verdict: Verdict) -> Document | None:
    """Return the yes that the customer has to give first: `confirm`, `minutes`."""
    from handrail.domain.actions.confirmations import always, minutes_of
    from handrail.domain.actions.proposals import Confirming
    from handrail.domain.policy.demanding import WhoIsAsked
    from handrail.domain.policy.rulings import asked_by

    if WhoIsAsked.CUSTOMER not in asked_by(verdict.hits):
        return None
    confirm = Confirming.ALWAYS if always(verdict.hits) else Confirming.UNLESS_ASKED_EXACTLY
    return {"confirm": confirm.value, "minutes": minutes_of(verdict.hits)}


def print_asked(made: Document, *, every: bool = False) -> None:
    """The ruling on a proposal that somebody wrote down, and the rules that apply; with `every`, all of them."""
    screen().print(plain(f"{made['action']}({arguments(made['arguments'])})"))
    if made.get("title"):
        screen().print(plain(made["title"]))
    if made["ruling"] == "refused":
        screen().print(plain(f"The business refuses it before any policy is asked ({made['code']}): {made['messages'][0]}"))
        return
    _print_ruled(made, every=every)


def print_case_rulings(made: Document, *, every: bool = False) -> None:
    """Every proposal of a case."""
    if not made["proposals"]:
        screen().print(plain(f"{made['case_id']}: no effect was proposed, so no policy ruled."))
    for one in made["proposals"]:
        then = one["then"]
        screen().print(
            plain(f"{one['action']}({arguments(one['arguments'])}) · {one['status']} · r{one['revision']}"), style="bold"
        )
        screen().print(plain(f"then: {then['ruling']} under version {then['version'] or 'none'}"))
        for hit in then["hits"]:
            stamp = f" (file {hit['version']})" if hit["version"] else ""
            screen().print(plain(f"  - {hit['policy']}/{hit['rule']}{stamp}: {hit['ruling']}: {hit['message']}"))
        words = "the same version" if one["same_version"] else "another version"
        screen().print(plain(f"now, under {words}:"))
        _print_ruled(one["now"], every=every)
        screen().print("")


def _print_ruled(made: Mapping[str, Any], *, every: bool) -> None:
    screen().print(plain(f"{made['ruling']} under version {made['version']}"))
    customer, demands = made["customer"], made["demands"]
    if customer:
        unless = "" if customer["confirm"] == "always" else ", unless they asked for exactly this"
        counts = f"; a yes counts for {many(customer['minutes'], 'minute')}"
        screen().print(plain(f"asks the customer{' first' if demands else ''}{unless}{counts}"))
    if demands:
        roles = " and ".join(demands["roles"]) or "support"
        within = f", within {many(demands['ttl_minutes'], 'minute')}" if demands["ttl_minutes"] else ""
        verified = ", each with a verified identity" if demands["verified_identity"] else ""
        screen().print(plain(f"asks for {demands['quorum']} × {roles}{within}{verified}"))
    rows = [
        (f"{one['policy']}/{one['rule']}", one["action"], STATES[one["state"]], one["why"], _seen(one["values"]))
        for one in made["rules"]
        if every or one["state"] != "does_not_apply"
    ]
    print_rows(("rule", "says", "", "why", "values"), rows, "No rule applies.")
    hidden = len(made["rules"]) - len(rows)
    if hidden:
        screen().print(plain(f"{many(hidden, 'rule')} of other actions not shown; --all shows every rule."))


def _seen(values: Mapping[str, Any]) -> str:
    from handrail.domain.policy.wording import shown

    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())
