"""A business's folder in which people are told by mail what waits for them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from handrail.shop import business
from tests.support.mailing import Mailing


def told_by_mail(mailing: Mailing, folder: Path, *reviewers: dict[str, Any]) -> Mailing:
    """The same mailing, where these reviewers are told, and nobody else is. Names are a test's own: a window is a person's."""
    shutil.copytree(business.folder, folder, dirs_exist_ok=True)
    file = folder / "reviewers.yaml"
    document = yaml.safe_load(file.read_text())
    document["people"] += [{"name": f"reviewer-{uuid4().hex[:8]}", "roles": ["support"], **one} for one in reviewers]
    file.write_text(yaml.safe_dump(document))
    settings = mailing.home.settings.model_copy(update={"definitions": folder, "public_url": "https://desk.shop.example"})
    return replace(mailing, home=replace(mailing.home, settings=settings))
