"""A licence that a business cannot use a package under is found, however its metadata say it."""

from __future__ import annotations

from email.message import Message
from importlib.metadata import PackageMetadata
from typing import cast

import pytest

from tests.guard.licences import SHARED_CHANGES, complaints, licence, packages, permissive


@pytest.mark.parametrize(
    "said", ["MIT", "Apache-2.0 OR BSD-3-Clause", "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", "ISC License (ISCL)"]
)
def test_licences_that_ask_to_be_named_alone_are_let_through(said: str) -> None:
    assert permissive(said)


@pytest.mark.parametrize(
    "said", ["GPL-3.0-only", "MIT AND GPL-3.0-or-later", "GNU Affero General Public License v3", "Proprietary", "", "SSPL-1.0"]
)
def test_others_and_none_are_not(said: str) -> None:
    assert not permissive(said)


def test_the_classifiers_count_where_there_is_no_expression() -> None:
    about = Message()
    about["Classifier"] = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
    about["License"] = "MIT"
    assert licence(cast(PackageMetadata, about)) == "GNU General Public License v3 (GPLv3)"


def test_every_package_of_production_is_looked_at_and_no_excuse_stays_without_its_package() -> None:
    assert {"temporalio", "langgraph", "psycopg"} <= set(packages())
    assert complaints() == []
    assert set(SHARED_CHANGES) <= set(packages())
