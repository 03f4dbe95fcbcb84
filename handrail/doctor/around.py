"""Looks around the servers: definitions, the model's server, certificates, the disk, work beside the cases."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from handrail.checking.findings import PackageReport, Severity
from handrail.doctor.findings import DoctorFinding, fine, notice, trouble
from handrail.settings import Settings

BUSINESS, MODEL, CERTIFICATES, DISK, BACKGROUND = "business", "model", "certificates", "disk", "background"
SOON = timedelta(days=21)
LITTLE, TOO_LITTLE = 2 * 1024**3, 256 * 1024**2
"""Bytes of free room that are worth a look, and that a database soon fills."""


def business(report: PackageReport) -> list[DoctorFinding]:
    """Tell what the check of the business's package says."""
    wrong = [str(one) for one in report.findings if one.severity is Severity.ERROR]
    if wrong:
        words = f"{len(wrong)} of its files or lines cannot be used. The first: {wrong[0]}"
        return [trouble(BUSINESS, words, f"handrail business check {report.business}")]
    return [fine(BUSINESS, f"{report.business}: every file can be used")]


def model(lines: Sequence[str]) -> list[DoctorFinding]:
    """Tell what was said about the model's server.

    The lines say first where it is, then what is wrong; there are none for the offline model.
    """
    if not lines:
        return [
            notice(MODEL, "The offline model answers: for trying out, not for customers.", "Set OPENAI_BASE_URL or a key.")
        ]
    if lines[1:]:
        return [
            trouble(MODEL, f"{lines[0]}: {'; '.join(lines[1:])}", "Mend the setting that it names; people get the cases now.")
        ]
    return [fine(MODEL, lines[0])]


def certificates(settings: Settings, now: datetime | None = None) -> list[DoctorFinding]:
    """Tell when the certificates for Temporal end."""
    now, found = now or datetime.now(UTC), list[DoctorFinding]()
    named = {
        "HANDRAIL_TEMPORAL_TLS_CLIENT_CERT": settings.temporal_tls_client_cert,
        "HANDRAIL_TEMPORAL_TLS_SERVER_CA": settings.temporal_tls_server_ca,
    }
    for name, file in named.items():
        if file is None:
            continue
        try:
            ends = min(one.not_valid_after_utc for one in x509.load_pem_x509_certificates(file.read_bytes()))
        except (OSError, ValueError) as error:
            found.append(trouble(CERTIFICATES, f"{name}: {file} cannot be read: {error}", "Name a PEM file."))
            continue
        if ends <= now:
            found.append(trouble(CERTIFICATES, f"{name} ended on {ends:%Y-%m-%d}.", "Put a new one in its place."))
        elif ends < now + SOON:
            found.append(notice(CERTIFICATES, f"{name} ends on {ends:%Y-%m-%d}.", "Put a new one in its place before."))
    return found or [fine(CERTIFICATES, f"none ends within {SOON.days} days")]


def disk(folder: Path, free: int | None = None) -> list[DoctorFinding]:
    """Tell how much room is left where the embedded stack keeps its data; `free` in bytes, by default as it is."""
    there = next((one for one in (folder.absolute(), *folder.absolute().parents) if one.exists()), Path("/"))
    free = shutil.disk_usage(there).free if free is None else free
    words = f"{free / 1024**3:.1f} GiB are free at {there}"
    remedy = "Make room: a full disk stops both databases."
    if free < TOO_LITTLE:
        return [trouble(DISK, f"{words}.", remedy)]
    return [notice(DISK, f"{words}.", remedy)] if free < LITTLE else [fine(DISK, words)]


def background(troubles: Mapping[str, Mapping[str, str]]) -> list[DoctorFinding]:
    """Tell what goes wrong beside the cases in the workers of this machine's stack."""
    found = [
        trouble(BACKGROUND, f"{worker}: {work} is in trouble {words}", "It is tried again; the worker's log says more.")
        for worker, works in troubles.items()
        for work, words in works.items()
    ]
    return found or [fine(BACKGROUND, "nothing beside the cases is in trouble")]
