"""Reasons of policies in the reader's language: translated by the policy itself, and never by one that says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.desk.reasons import reasons_of
from handrail.desk.words import languages
from handrail.domain.actions.approvals import HumanRequest
from handrail.domain.actions.asked import READ_AS
from handrail.domain.errors import DefinitionInvalid
from handrail.domain.policy.policies import Rule
from handrail.policies.loader import FilePolicies
from handrail.shop import business

FACTS = {"refund_amount_usd": 120.5}
NAME = "refund_amount/refund-needs-approval"


def rules() -> dict[str, Rule]:
    found = FilePolicies.of(business.folder / "policies", business).all()
    return {f"{policy.id}/{rule.id}": rule for policy in found for rule in policy.rules.rules}


def request(*reasons: str, names: tuple[str, ...] = (NAME,)) -> HumanRequest:
    about = {"request_id": "r", "action": "refund_order", "title": "Refund", "headline": "refund"}
    return HumanRequest.model_validate({**about, "reasons": reasons, "rules": names, "facts": FACTS})


def test_a_reason_is_said_by_the_policys_own_translation_or_marked_as_the_original() -> None:
    said = "120.50 USD would be paid back; above 100 USD a person decides."
    (english,) = reasons_of("en", rules(), request(said))
    assert (english.words, english.rule, english.original) == (said, NAME, False)
    (german,) = reasons_of("de", rules(), request(said))
    assert (german.words, german.original) == ("Es würden 120.50 USD erstattet; über 100 USD entscheidet ein Mensch.", False)
    (older,) = reasons_of("de", rules(), request("120.50 USD would be paid back; above 80 USD a person decides."))
    assert (older.words.endswith("80 USD a person decides."), older.original) == (True, True)
    unruled = reasons_of("de", rules(), request(said, "A control holds it.", names=(NAME,)))
    assert [(one.rule, one.original) for one in unruled] == [(NAME, False), ("", True)]


def test_every_rule_of_the_shop_that_asks_a_person_is_said_in_german() -> None:
    asking = {name: rule for name, rule in rules().items() if rule.action == "require_approval"}
    assert len(asking) > 8
    assert not [name for name, rule in asking.items() if "de" not in rule.messages]


def test_a_translation_that_names_no_fact_is_refused(tmp_path: Path) -> None:
    file = business.folder / "policies/password_resets.yaml"
    (tmp_path / file.name).write_text(file.read_text().replace("gingen ${{password_resets_24h}}", "gingen ${{nothing_24h}}"))
    with pytest.raises(DefinitionInvalid, match="nothing_24h"):
        FilePolicies.of(tmp_path, business).all()


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_answer_of_a_customer_has_words(language: str) -> None:
    assert not [kind for kind in READ_AS if f"read_as_{kind}" not in languages()[language]]
