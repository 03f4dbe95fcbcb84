"""What the doctor finds around the servers, and that no look keeps another from being made."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from handrail.checking.check import check
from handrail.doctor import around
from handrail.doctor.findings import DoctorFinding, PartHealth, examine, fine
from handrail.domain.errors import InvalidInput
from handrail.settings import Settings
from handrail.shop import business as shop

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def certificate(file: Path, *days: int) -> Path:
    """Certificates that end so many days from NOW, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "temporal")])
    made = [
        x509.CertificateBuilder(name, name, key.public_key(), 1, NOW - timedelta(days=900), NOW + timedelta(days=ends))
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
        for ends in days
    ]
    file.write_bytes(b"".join(made))
    return file


@pytest.mark.parametrize(
    ("days", "health"), [((400,), PartHealth.FINE), ((400, 9), PartHealth.NOTICE), ((-1,), PartHealth.TROUBLE)], ids=str
)
def test_certificates_end(tmp_path: Path, days: tuple[int, ...], health: PartHealth) -> None:
    settings = Settings(temporal_tls_server_ca=certificate(tmp_path / "ca.pem", *days))
    (found,) = around.certificates(settings, NOW)
    assert found.health is health
    assert ("HANDRAIL_TEMPORAL_TLS_SERVER_CA" in found.words) == (health is not PartHealth.FINE)


def test_a_certificate_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "words.pem").write_text("no certificate")
    named = [tmp_path / "absent.pem", tmp_path / "words.pem"]
    found = [one for file in named for one in around.certificates(Settings(temporal_tls_client_cert=file), NOW)]
    assert [one.health for one in found] == [PartHealth.TROUBLE] * 2


@pytest.mark.parametrize(
    ("free", "health"), [(2**40, PartHealth.FINE), (2**30, PartHealth.NOTICE), (2**20, PartHealth.TROUBLE)]
)
def test_a_disk_that_fills(tmp_path: Path, free: int, health: PartHealth) -> None:
    (found,) = around.disk(tmp_path / "not yet made", free)
    assert (found.health, str(tmp_path) in found.words) == (health, True)
    (measured,) = around.disk(tmp_path)
    assert measured.part == "disk"


def test_a_model_that_is_none_or_refuses() -> None:
    assert around.model([])[0].health is PartHealth.NOTICE
    assert around.model(["model m at https://example.com/v1"])[0].health is PartHealth.FINE
    (refused,) = around.model(["model m at https://example.com/v1", "it refuses OPENAI_API_KEY (HTTP 401)"])
    assert refused.health is PartHealth.TROUBLE
    assert "it refuses OPENAI_API_KEY" in refused.words


def test_a_file_of_the_business_that_cannot_be_used(tmp_path: Path) -> None:
    shutil.copytree(shop.folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "matrix.yaml").write_text("rules: 7")
    (found,) = around.business(check("handrail.shop", folder=tmp_path, data=False))
    assert found.health is PartHealth.TROUBLE
    assert "matrix.yaml:1" in found.words
    assert found.remedy == "handrail business check handrail.shop"


def test_work_beside_the_cases_that_is_in_trouble() -> None:
    assert around.background({})[0].health is PartHealth.FINE
    (found,) = around.background({"worker-1": {"the reconciler": "since 10:00: no answer"}})
    assert found.words == "worker-1: the reconciler is in trouble since 10:00: no answer"


async def test_each_look_is_made_whatever_the_others_meet() -> None:
    async def hangs() -> list[DoctorFinding]:
        await asyncio.Event().wait()
        return []

    async def refuses() -> list[DoctorFinding]:
        raise InvalidInput("a setting is wrong")

    async def breaks() -> list[DoctorFinding]:
        raise ZeroDivisionError("seven")

    async def sees() -> list[DoctorFinding]:
        return [fine("last", "it is well")]

    found = await examine({"first": hangs, "second": refuses, "third": breaks, "last": sees}, seconds=0.05)
    assert [(one.part, one.health) for one in found] == [
        ("first", PartHealth.TROUBLE),
        ("second", PartHealth.TROUBLE),
        ("third", PartHealth.TROUBLE),
        ("last", PartHealth.FINE),
    ]
    assert found[1].words == "a setting is wrong"
    assert "ZeroDivisionError: seven" in found[2].words
