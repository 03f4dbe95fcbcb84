"""The check of a whole business package."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

from handrail.business import Business, look_here
from handrail.checking import definitions, mutation, names, tools
from handrail.checking.data import DataCheck
from handrail.checking.findings import CheckPart, Collector, PackageReport
from handrail.checking.source import Definition, Place, of_failure
from handrail.checking.subject import PackageUnderCheck
from handrail.domain.errors import DefinitionInvalid
from handrail.embedded.process import StackFailed
from handrail.embedded.throwaway import server
from handrail.outside.loading import brought


def check(package: str, *, folder: Path | None = None, data: bool = True) -> PackageReport:
    """Check the package `package`, with the definitions in `folder` if they are not its own.

    With `data`, a business that keeps or seeds data is tried over a throw-away PostgreSQL. Nothing real is touched.

    Raises:
        DefinitionInvalid: there is no such package.
    """
    look_here()
    checked = PackageReport(business=package, folder="")
    found = Collector(checked)
    business = _loaded(package, folder, found)
    if business is None:
        return checked
    where = folder or business.folder
    checked = checked.model_copy(update={"folder": str(where)})
    found.checked = checked
    found.looked_at(CheckPart.PACKAGE, f"business {business.name}")
    subject = PackageUnderCheck(business, where, Definition(business.folder))
    for part in (tools, definitions, names, mutation):
        part.check(subject, found)
    if data:
        _data(subject, found)
    return checked


def _loaded(package: str, folder: Path | None, found: Collector) -> Business | None:
    home = _home(package)
    try:
        return brought(package, folder)
    except DefinitionInvalid as error:
        if home is None:
            raise
        place, words = of_failure(error, home, Place(home / "__init__.py", 1)), str(error)
    except Exception as error:  # noqa: BLE001 - the package's own code, which may raise anything while it is imported
        place, words = of_failure(error, home or Path(), Place((home or Path()) / "__init__.py", 1)), _words(package, error)
    found.error(CheckPart.PACKAGE, place.file, place.line, words)
    return None


def _words(package: str, error: Exception) -> str:
    said = error.msg if isinstance(error, SyntaxError) else error
    return f"{package} cannot be imported: {type(error).__name__}: {said}. Correct it."


def _home(package: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(package)
    except Exception:  # noqa: BLE001 - a package around it may fail as it likes; `load_business` says how
        return None
    return Path(spec.origin).parent if spec and spec.origin else None


def _data(subject: PackageUnderCheck, found: Collector) -> None:
    business = subject.business
    if not any((business.migrations, business.seed, business.samples, business.calls)):
        found.looked_at(CheckPart.DATA, "keeps none here: no migrations, no seed, no samples, no calls")
        return
    try:
        with server() as postgres:
            asyncio.run(DataCheck(subject, found, postgres.url).run())
    except StackFailed as error:
        words = f"the throw-away PostgreSQL for {business.name} would not start: {error} Or leave it out with --no-data."
        found.error(CheckPart.DATA, subject.code.at("migrations").file, subject.code.at("migrations").line, words)
