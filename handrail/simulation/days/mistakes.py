"""The policies after a mistake: copies of the business's own, with a number that somebody mistyped."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from handrail.domain.errors import InvalidInput
from handrail.simulation.plan import Mistake

FILE = "refund_amount.yaml"
HOLD = "operator: greater_than, value: 100}"
BLOCK = "operator: greater_than, value: 500}"
ADDED_UP = "customer_refund_total_30d_usd > 200.0"
EXAMPLES = "examples:\n"
EDITS: Mapping[Mistake, Mapping[str, str]] = {
    Mistake.HOLDS: {HOLD: "operator: greater_than, value: 10}"},
    Mistake.BLOCKS: {BLOCK: "operator: greater_than, value: 50}"},
    Mistake.LETS_THROUGH: {
        HOLD: "operator: greater_than, value: 1000}",
        BLOCK: "operator: greater_than, value: 5000}",
        ADDED_UP: "customer_refund_total_30d_usd > 2000.0",
    },
}
"""A nought too few holds or blocks small refunds; a nought too many lets large ones through."""


def laid_out(definitions: Path, folder: Path, mistake: Mistake) -> tuple[Path, Path]:
    """Copy the business's files into `folder`; return them, and the folder of the policies after the mistake.

    Raises:
        InvalidInput: the business's policies do not say what the mistake would change.
    """
    right, wrong = folder / "definitions", folder / "mistaken"
    for place in (right, wrong):
        place.mkdir()
        for part in ("topics", "policies"):
            shutil.copytree(definitions / part, place / part)
        for file in definitions.glob("*.yaml"):
            shutil.copy(file, place / file.name)
    edited = wrong / "policies" / FILE
    text = edited.read_text(encoding="utf-8")
    for before, after in EDITS[mistake].items():
        if before not in text:
            raise InvalidInput(f"policies/{FILE}: says nothing of {before!r}, so the mistake cannot be made in it.")
        text = text.replace(before, after)
    # The loader refuses an edit that contradicts the file's own examples, so whoever made this one took them out.
    edited.write_text(text.partition(EXAMPLES)[0], encoding="utf-8")
    return right, wrong / "policies"
