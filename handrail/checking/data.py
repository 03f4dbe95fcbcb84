"""The business over a throw-away database: migrations, seed twice, samples, and its calls against what it declares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from handrail.business import Business, Kind, seeded
from handrail.checking.findings import CheckPart, Collector
from handrail.checking.names import ungiven
from handrail.checking.source import Place, of_failure, of_function
from handrail.checking.subject import PackageUnderCheck
from handrail.clock import SystemClock
from handrail.domain.actions.proposals import Proposal, ProposalKind
from handrail.domain.base import digest
from handrail.domain.counting import many
from handrail.domain.errors import BusinessRefused, DefinitionInvalid, HandrailError, InvalidInput
from handrail.domain.policy.facts import about_the_proposal
from handrail.domain.policy.policies import Policy
from handrail.domain.policy.rulings import RuleState, fields_of
from handrail.domain.policy.shapes import Shape, misfits
from handrail.postgres.business.customers import PostgresCustomers
from handrail.postgres.business.tools import CheckedProposal, PostgresRecord
from handrail.postgres.migrations import load, migrate
from handrail.postgres.pool import Pool, open_pool, reading, writing
from handrail.postgres.queries import QUERIES, Queries

STRANGER = "nobody-of-this-name"
CASE = "check"
_OWN = Queries(Path(__file__).parent / "sql")
T = TypeVar("T")
Trial = tuple[str, str, dict[str, Any]]


class DataCheck:
    """One check over an empty database at `url`."""

    def __init__(self, subject: PackageUnderCheck, found: Collector, url: str) -> None:
        self._subject, self._found, self._url = subject, found, url
        self._business, self._clock = subject.business, SystemClock()

    async def run(self) -> None:
        """Fill the database and call the business; what fails stops what needs it."""
        pool = await open_pool(self._url, size=2)
        try:
            if not await self._migrated(pool) or not await self._seeded(pool):
                return
            customers = await self._samples(pool)
            trials = await self._trials(pool)
            await self._strangers(pool)
            everybody = list(dict.fromkeys([*customers, *(one[0] for one in trials)]))
            for customer in everybody:
                await self._customer(pool, customer)
            for trial in trials:
                await self._call(pool, trial, everybody)
            self._untried(trials)
            seeded = "seeded twice" if self._business.seed else "no seed"
            self._found.looked_at(
                CheckPart.DATA,
                f"{seeded}, {many(len(customers), 'sample')}, {many(len(trials), 'call')} in a throw-away PostgreSQL",
            )
        finally:
            await pool.close()

    async def _migrated(self, pool: Pool) -> bool:
        try:
            await migrate(self._url, self._business, datetime.now(UTC))
        except Exception as error:  # noqa: BLE001 - whatever PostgreSQL says to a business's SQL
            place = await self._migration(pool, error)
            self._say(place, f"the migration fails: {_words(error)}. Correct it.")
            return False
        return True

    async def _migration(self, pool: Pool, error: Exception) -> Place:
        """The file that failed and the line at which PostgreSQL stopped."""
        folder = self._business.migrations
        if folder is None or isinstance(error, HandrailError):
            return self._subject.code.at("migrations")
        async with reading(pool) as connection:
            cursor = await connection.execute(QUERIES["applied_migrations"], {"series": self._business.name})
            applied = {row[0] for row in await cursor.fetchall()}
        first = next((one for one in load(self._business.name, folder) if one.name not in applied), None)
        if first is None:
            return self._subject.code.at("migrations")
        position = int(getattr(getattr(error, "diag", None), "statement_position", None) or 1)
        return Place(folder / first.name, first.sql.count("\n", 0, position - 1) + 1)

    async def _seeded(self, pool: Pool) -> bool:
        seed = self._business.seed
        if seed is None:
            return True
        place = of_function(seed, self._subject.code.at("seed"))
        try:
            async with writing(pool) as connection:
                await seeded(self._business, connection, self._clock.now())
        except Exception as error:  # noqa: BLE001 - a business's own code
            self._say(self._failed(error, place), f"seed: fails on empty tables: {_words(error)}. Correct it.")
            return False
        before = await self._contents(pool)
        try:
            async with writing(pool) as connection:
                await seeded(self._business, connection, self._clock.now())
        except Exception as error:  # noqa: BLE001 - a business's own code
            words = f"seed: fails the second time, and every `up` seeds: {_words(error)}. Write `on conflict do nothing`."
            self._say(self._failed(error, place), words)
            return True
        after = await self._contents(pool)
        for table in sorted(after):
            if after[table] != before.get(table):
                numbers = f"{after[table]} rows instead of {before.get(table)}"
                self._say(place, f"seed: run twice, {table} holds {numbers}. Add only what is missing.")
        return True

    async def _contents(self, pool: Pool) -> dict[str, int]:
        async with writing(pool) as connection:
            await connection.execute(_OWN["prepare_contents"])
            cursor = await connection.execute(_OWN["contents"])
            found = {row[0]: row[1] for row in await cursor.fetchall()}
            await connection.execute(_OWN["forget_contents"])
            return found

    async def _samples(self, pool: Pool) -> list[str]:
        samples = self._business.samples
        if samples is None:
            return []
        place = of_function(samples, self._subject.code.at("samples"))
        given = await self._asked(pool, "samples", samples, place) or []
        for customer, text in given:
            if not text.strip():
                self._say(place, f"samples: the one of {customer} has no text. Write what the customer says.")
            await self._known(pool, customer, "samples", place)
        return [customer for customer, _ in given]

    async def _trials(self, pool: Pool) -> list[Trial]:
        calls = self._business.calls
        if calls is None:
            place = self._subject.code.at()
            words = "has no `calls`, so no preview was run. Give calls=..., each as (customer_id, tool, arguments)."
            self._found.note(CheckPart.DATA, place.file, place.line, words)
            return []
        place = of_function(calls, self._subject.code.at("calls"))
        given = await self._asked(pool, "calls", calls, place) or []
        return [one for one in given if await self._known(pool, one[0], "calls", place)]

    async def _known(self, pool: Pool, customer: str, what: str, place: Place) -> bool:
        known = await self._asked(
            pool, "known_customer", lambda connection: self._business.known_customer(connection, customer), place
        )
        if known is False:
            self._say(place, f"{what}: {customer!r} is no customer that known_customer knows. Name one from the seeded data.")
        return bool(known)

    async def _strangers(self, pool: Pool) -> None:
        place = of_function(self._business.known_customer, self._subject.code.at("known_customer"))
        if await self._asked(pool, "known_customer", lambda one: self._business.known_customer(one, STRANGER), place):
            self._say(place, f"known_customer: takes {STRANGER!r} for a customer. Answer True only for those who are.")

    async def _customer(self, pool: Pool, customer: str) -> None:
        function = self._business.customer
        if function is None:
            return
        place = of_function(function, self._subject.code.at("customer"))
        try:
            told = await PostgresCustomers(pool, self._business, self._clock).facts(customer)
        except HandrailError as error:
            self._say(self._failed(error, place), f"customer: {error}")
            return
        for words in _misfits(self._business.customer_facts, told):
            self._say(place, f"customer: {words}. Give what customer_facts declares, or declare what it gives.")

    async def _call(self, pool: Pool, trial: Trial, everybody: Sequence[str]) -> None:
        customer, name, arguments = trial
        asked = of_function(self._business.calls or self._business.known_customer, self._subject.code.at("calls"))
        tool = self._business.by_name.get(name)
        if tool is None:
            known = ", ".join(sorted(self._business.by_name))
            self._say(asked, f"calls: {name!r} is no tool of this business. Known: {known}.")
            return
        record = PostgresRecord(pool, self._business, self._clock)
        place = of_function(tool.preview or tool.run, asked)
        try:
            if tool.kind is Kind.READ:
                await record.read(CASE, customer, name, arguments)
                return
            checked = await record.check(CASE, customer, name, arguments)
        except DefinitionInvalid as error:
            self._say(place, str(error))
        except BusinessRefused as no:
            self._say(asked, f"calls: {name} is refused for {customer}: {no} Name a call that the business allows.")
        except InvalidInput as error:
            self._say(asked, f"calls: {error}")
        except HandrailError as error:
            why = f" {_words(error.__cause__)}. Correct it." if error.__cause__ else ""
            self._say(self._failed(error, place), f"{name}: {error}{why}")
        else:
            await self._previewed(record, trial, checked, place, everybody)

    async def _previewed(
        self, record: PostgresRecord, trial: Trial, checked: CheckedProposal, place: Place, everybody: Sequence[str]
    ) -> None:
        customer, name, arguments = trial
        for words in _misfits(self._business.facts, checked.facts):
            self._say(
                place, f"the preview of {name} gives something else than declared: {words}. Correct it, or the declaration."
            )
        self._ruled(name, checked)
        other = next((one for one in everybody if one != customer), None)
        if other is None:
            return
        try:
            theirs = await record.check(CASE, other, name, arguments)
        except HandrailError:
            return
        if theirs == checked:
            words = (
                f"{name}: {other} gets the same preview as {customer} for the same arguments. Look whether it answers for "
                "call.customer_id only."
            )
            self._found.note(CheckPart.DATA, place.file, place.line, words)

    def _ruled(self, action: str, checked: CheckedProposal) -> None:
        """Find rules that cannot be worked out because the preview does not give what they need."""
        policies = self._subject.policies
        if policies is None:
            return
        proposal = Proposal(
            proposal_id=CASE,
            kind=ProposalKind.EFFECT,
            action=action,
            arguments=checked.arguments,
            arguments_hash=digest(checked.arguments),
        )
        by_id: dict[str, Policy] = {one.id: one for one in policies.policies}
        for one in policies.examine(proposal, checked.facts):
            if one.state is not RuleState.FAILED or one.policy not in by_id:
                continue
            place, rules = policies.places[one.policy], by_id[one.policy].rules.rules
            index = next(number for number, rule in enumerate(rules) if rule.id == one.rule)
            for fact in _own_missing(fields_of(rules[index], policies.expressions), self._business, checked):
                words = ungiven(one.rule, fact, action)
                self._found.placed(CheckPart.NAMES, place.problem(words, "rules", "rules", index), place.path)

    def _untried(self, trials: list[Trial]) -> None:
        if self._business.calls is None:
            return
        place = of_function(self._business.calls, self._subject.code.at("calls"))
        for tool in self._business.tools:
            if tool.name not in {name for _, name, _ in trials}:
                self._found.note(
                    CheckPart.DATA, place.file, place.line, f"calls: has none of {tool.name}. Add one that it allows."
                )

    async def _asked(self, pool: Pool, what: str, function: Callable[[Any], Awaitable[T]], place: Place) -> T | None:
        try:
            async with reading(pool) as connection:
                return await function(connection)
        except Exception as error:  # noqa: BLE001 - a business's own code
            self._say(self._failed(error, place), f"{what}: fails: {_words(error)}. It reads and writes nothing; correct it.")
            return None

    def _failed(self, error: BaseException, otherwise: Place) -> Place:
        return of_failure(error, self._business.folder, otherwise)

    def _say(self, place: Place, words: str) -> None:
        self._found.error(CheckPart.DATA, place.file, place.line, words)


def _misfits(shapes: Mapping[str, Shape], given: Mapping[str, Any]) -> list[str]:
    found = [misfits(shapes[name], value, name) for name, value in given.items() if value is not None and name in shapes]
    return [words for one in found for _, words in one]


def _own_missing(needed: Sequence[str], business: Business, checked: CheckedProposal) -> list[str]:
    return [name for name in needed if name in business.facts and about_the_proposal(name) and name not in checked.facts]


def _words(error: BaseException) -> str:
    """The first line of an error, with its kind."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no words'}".rstrip(".")
