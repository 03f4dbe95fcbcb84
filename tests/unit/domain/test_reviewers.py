"""Who may decide what: the rules over a roster, and the file that it is read from."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from handrail.domain.actions.approvals import Decision, DecisionKind, Identity, Yes
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.team.reviewers import AuthorityQuestion, NotAdmitted, ReviewerFile, Reviewers
from handrail.reviewers.loader import FileReviewers
from handrail.shop import business

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GIVEN, SURE = Identity.SELF_DECLARED, Identity.VERIFIED
ROSTER = ReviewerFile.model_validate(
    {
        "roles": {
            "support": {"limits": {"amount": 100}, "actions": {"cancel": {"amount": 40}}},
            "specialist": {"limits": {"amount": 1_000}},
            "fraud": {"verified": True},
        },
        "people": [
            {"name": "Ann", "identities": ["ann@corp"], "roles": ["support"]},
            {"name": "bea", "roles": ["support", "specialist"]},
            {"name": "low", "roles": ["specialist"], "limits": {"amount": 10}},
            {"name": "fay", "roles": ["fraud"]},
        ],
        "anyone": {"roles": ["support"], "limits": {"amount": 5}},
    }
)
OPEN, HOUSE = Reviewers(), Reviewers(ROSTER, "v1")


def asked(role: str = "support", amount: Any = 100, action: str = "refund", **fields: Any) -> AuthorityQuestion:
    return AuthorityQuestion(action, [role], {"amount": amount}, **fields)


@pytest.mark.parametrize(
    ("who", "what", "by"),
    [
        ("ann", asked(), ["support"]),
        (" ANN ", asked(), ["support"]),
        ("ann@corp", asked(amount="99.995"), ["support"]),
        ("ann", asked(action="cancel", amount=40), ["support"]),
        ("ann", AuthorityQuestion("address", ["support"], {"other": 10**9}), ["support"]),
        ("bea", asked(amount=500), ["specialist"]),
        ("bea", asked(), ["support", "specialist"]),
        ("bea", asked("specialist"), ["specialist"]),
        ("low", asked(amount=10), ["specialist"]),
        ("somebody", asked(amount=5), ["support"]),
    ],
)
def test_roles_stand_on_a_ladder_and_the_own_limit_before_the_roles(who: str, what: AuthorityQuestion, by: list[str]) -> None:
    assert HOUSE.admit(what, who, GIVEN) == by


@pytest.mark.parametrize(
    ("who", "what", "words"),
    [
        ("ann", asked(amount=100.01), r"amount is 100\.01, above 100, the limit of ann\. Who may: bea\."),
        ("ann", asked(action="cancel", amount=41), "above 40"),
        ("ann", asked(amount="a lot"), r"amount is 'a lot', which is no number to hold against 100"),
        ("ann", asked(amount=True), "no number"),
        ("ann", asked("specialist"), r"ann is support; this takes specialist or higher\. Who may: bea\."),
        ("bea", asked("fraud"), r"this takes fraud or higher\. Who may: fay\."),
        ("low", asked(amount=11), "above 10, the limit of low"),
        ("fay", asked("fraud"), "the name was only given"),
        ("ann", asked(verified=True), "it must be certain that this is ann"),
        ("somebody", asked(amount=6), "above 5"),
        ("somebody", asked(amount=1, quorum=2), r"not named in reviewers\.yaml, and 2 different people"),
        ("ann", asked("manager"), r"Nobody in reviewers\.yaml may; have somebody added\."),
    ],
)
def test_whoever_may_not_learns_why_and_who_may(who: str, what: AuthorityQuestion, words: str) -> None:
    with pytest.raises(NotAdmitted, match=words):
        HOUSE.admit(what, who, GIVEN)


def test_strict_leaves_out_whoever_is_not_named() -> None:
    with pytest.raises(NotAdmitted, match=r"'somebody' is not named in reviewers\.yaml\. Who may: Ann, bea\."):
        Reviewers(ROSTER, strict=True).admit(asked(amount=1 + 10), "somebody", GIVEN)


def test_without_a_file_everybody_decides_but_not_what_takes_certainty() -> None:
    assert OPEN.admit(asked("manager"), "whoever", GIVEN) == ["manager"]
    assert HOUSE.admit(asked("fraud"), "fay", SURE) == ["fraud"]
    with pytest.raises(NotAdmitted, match="only given"):
        OPEN.admit(asked(verified=True), "whoever", GIVEN)


def yes(*names: str, kind: DecisionKind = DecisionKind.APPROVE, behind: bool = True) -> Decision:
    """A decision that these people stand behind."""
    approvers = [Yes(reviewer=name, roles=["support"], at=NOW) for name in names] if behind else []
    return Decision(approval_id="a", revision=1, decision=kind, reviewer=names[-1], approvers=approvers, decided_at=NOW)


@pytest.mark.parametrize(
    ("reviewers", "decision", "what", "words"),
    [
        (HOUSE, yes("ann"), asked(), None),
        (HOUSE, yes("ann"), asked(amount=101), "The approval by ann does not count any more: reviewer: amount is 101"),
        (HOUSE, yes("gone"), asked(), "The approval by gone does not count any more"),
        (HOUSE, yes("ann"), asked(quorum=2), "The rules ask for more by now than the approval by ann: 1 more of 2."),
        (HOUSE, yes("ann", "bea"), asked(quorum=2), None),
        (HOUSE, yes("bea"), AuthorityQuestion("x", ["specialist", "fraud"]), "a fraud"),
        (OPEN, yes("ann"), AuthorityQuestion("x", ["specialist", "fraud"]), None),
        (HOUSE, yes("ann", kind=DecisionKind.EDIT), asked(), None),
        (
            HOUSE,
            yes("ann", kind=DecisionKind.EDIT, behind=False),
            asked(),
            "ann changed it, so somebody else has to approve it.",
        ),
    ],
)
def test_a_yes_is_looked_at_again(
    reviewers: Reviewers, decision: Decision, what: AuthorityQuestion, words: str | None
) -> None:
    short = reviewers.shortfall(decision, what)
    assert short == words if words is None else words in (short or "")


def test_what_was_decided_before_approvers_were_kept_has_its_one_reviewer() -> None:
    before = yes("ann").model_copy(update={"approvers": None})
    assert OPEN.shortfall(before, asked()) is None
    assert OPEN.shortfall(before, asked(quorum=2)) is not None


FILE = """
version: 1
roles: {support: {limits: {refund_amount_usd: 99.99}}}
people: [{name: ann, roles: [support]}]
"""


def test_the_file_is_read_again_and_the_last_good_one_stays(tmp_path: Path) -> None:
    file = tmp_path / "reviewers.yaml"
    file.write_text(FILE)
    reviewers = FileReviewers(file, facts=business.facts, tools=business.by_name)
    first = reviewers.now()
    assert first.roster is not None
    assert first.roster.roles["support"].limits == {"refund_amount_usd": Decimal("99.99")}
    file.write_text(FILE.replace("name: ann", "name: bea"))
    second = reviewers.now()
    assert (second.known("bea"), second.known("ann"), second.version == first.version) == (True, False, False)
    file.write_text("roles: [")
    assert reviewers.now() == second
    assert reviewers.problem is not None


def test_no_file_lets_everybody_decide_unless_it_is_strict(tmp_path: Path) -> None:
    assert FileReviewers(tmp_path / "reviewers.yaml").now() == OPEN
    with pytest.raises(DefinitionInvalid, match="is missing, and HANDRAIL_REVIEWERS_STRICT is set"):
        FileReviewers(tmp_path / "reviewers.yaml", strict=True)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("roles: [support]", "roles: [boss]", r":4: roles: 'boss' is none of this file's roles\. Known: support\."),
        ("refund_amount_usd", "refund_usd", r":3: refund_usd: is no fact here\. Known: "),
        ("99.99", "-1", r":3: refund_amount_usd: -1 is no limit"),
        ("{support: {", "{support: {actions: {fly: {}}, ", r":3: actions: 'fly' is no tool of this business"),
        ("people: [", "people: [{name: bob, identities: [ANN], roles: [support]}, ", r":4: 'ann' is a name of bob already"),
        ("people: [{name: ann, roles: [support]}]", "people: []", r"nobody could decide"),
        ("name: ann", "nam: ann", r"nam: is no key"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_what_would_be_right(tmp_path: Path, old: str, new: str, words: str) -> None:
    file = tmp_path / "reviewers.yaml"
    file.write_text(FILE.replace(old, new))
    with pytest.raises(DefinitionInvalid, match=words):
        FileReviewers(file, facts=business.facts, tools=business.by_name)


def test_the_shops_file_lets_a_newcomer_decide_and_nobody_alone_on_what_takes_two() -> None:
    shop = FileReviewers(business.folder / "reviewers.yaml", facts=business.facts, tools=business.by_name).now()
    refund = AuthorityQuestion("refund_order", ["support"], {"refund_amount_usd": 173.9})
    assert shop.admit(refund, "Temporal Web UI", GIVEN) == ["support"]
    assert shop.able(refund) == ["ann", "bob", "bea", "ben", "mia"]
    with pytest.raises(NotAdmitted):
        shop.admit(
            AuthorityQuestion("refund_order", ["support"], {"refund_amount_usd": 173.9}, quorum=2), "Temporal Web UI", GIVEN
        )
