"""`handrail policy`: test what policies say, explain a ruling, and see what an edit would change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handrail.cli.business.replay import replay
from handrail.cli.common.failures import Exit
from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.definitions import Document
    from handrail.policies.loader import FilePolicies
    from handrail.policies.names import PolicyNames
    from handrail.postgres.case.proposals import RecordedEffect

app = typer.Typer(
    no_args_is_help=True, help="Policies, which say what needs a person and what is forbidden: test, explain, compare."
)
imports = typer.Typer(no_args_is_help=True, help="Policy files of other products, put into ours.")
app.add_typer(imports, name="import")
app.command()(replay)
CURRENT = "current"


def folder(place: CliContext) -> Path:
    """The policies that the workers use."""
    return (place.settings.definitions or place.business.folder) / "policies"


def names(place: CliContext) -> PolicyNames:
    """Return the names that the business's policies may use. Raises: DefinitionInvalid."""
    from handrail.policies.names import of_business

    return of_business(place.business)


@app.command("test")
def run_examples(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[FOLDER|FILE]...", help="The business's own, where none is named.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="A rule that no example reaches fails, too.")] = False,
    as_json: Json = False,
) -> None:
    """Run the examples in the files. Exit code 1 where one fails, or a file is refused."""
    from handrail.cli.business.rulings import print_reports, reports_document
    from handrail.cli.common.documents import print_document
    from handrail.policies.reports import reports
    from handrail.policies.worlds import world_for

    place = world(ctx)
    known, own = names(place), folder(place)
    found = [one for path in paths or [own] for one in reports(path, known, world_for(path, place.business, own))]
    passed = all(one.passed and not (strict and one.untried) for one in found)
    if as_json:
        print_document(reports_document(found, passed=passed))
    else:
        print_reports(found, strict=strict)
    if not passed:
        raise typer.Exit(Exit.UNEXPECTED)


@app.command()
def facts(ctx: typer.Context, as_json: Json = False) -> None:
    """Everything that the business's policies may name, with its type."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import screen, table

    known = names(world(ctx))
    rows = {name: kind.value for name, kind in sorted(known.facts.items(), key=lambda one: one[0].rpartition(".")[::2])}
    arguments = {tool: {name: kind.value for name, kind in given.items()} for tool, given in known.arguments.items()}
    if as_json:
        print_document({"facts": rows, "arguments": arguments})
        return
    screen().print(table(("fact", "type"), rows.items()))
    given_rows = [(tool, f"proposal.arguments.{name}", kind) for tool, of in arguments.items() for name, kind in of.items()]
    screen().print("")
    screen().print(table(("with applies_to", "fact", "type"), given_rows))


@app.command()
def explain(
    ctx: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(metavar="[CASE|FILE.json]", help="A file that is there, with a proposal written down; or a case."),
    ] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="A call instead: whose it is.")] = None,
    tool: Annotated[str | None, typer.Option("--tool", help="The effect. Its preview runs; nothing is written.")] = None,
    arguments: Annotated[str, typer.Option("--arguments", metavar="JSON", help="What it is called with.")] = "{}",
    more: Annotated[str, typer.Option("--facts", metavar="JSON", help="Of a call: facts to add, as of a case.")] = "{}",
    every: Annotated[bool, typer.Option("--all", help="Also the rules that do not apply.")] = False,
    as_json: Json = False,
) -> None:
    """Every rule that applies, the values that it saw, and why it holds or not."""
    from handrail.cli.business.rulings import asked_document, case_document, print_asked, print_case_rulings
    from handrail.cli.common.documents import print_document
    from handrail.domain.case.messages import IDENTIFIER
    from handrail.domain.errors import InvalidInput
    from handrail.policies.asked import asked
    from handrail.policies.loader import FilePolicies

    place = world(ctx)
    known, policies = names(place), FilePolicies.of(folder(place), place.business)
    if (what is None) == (tool is None) or (customer is None) != (tool is None):
        raise InvalidInput("Name one of these: a case, a file, or a call (--customer C --tool T --arguments JSON).")
    if what is None:
        made = _call_document(place, known, policies, str(customer), str(tool), arguments, more)
        print_document(made) if as_json else print_asked(made, every=every)
        return
    if Path(what).is_file() or not IDENTIFIER.fullmatch(what):
        proposal, given = asked(_text(Path(what)), place.business, known, policies.needed)
        made = asked_document(policies, proposal, given)
        print_document(made) if as_json else print_asked(made, every=every)
        return
    recorded = run_async(of_case(place, what))
    made = case_document(what, policies, recorded, known)
    print_document(made) if as_json else print_case_rulings(made, every=every)


@app.command()
def diff(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help=f"A folder, a file, or {CURRENT!r}.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A folder, or a file: the folder with it in place.")],
    replay: Annotated[bool, typer.Option("--replay", help="Rule again on recorded proposals, under both.")] = False,
    last: Annotated[int, typer.Option("--last", min=1, max=10_000, help="With --replay: how many, the newest.")] = 200,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit code 1 where something changes.")] = False,
    as_json: Json = False,
) -> None:
    """Show which rules differ, and with --replay what would have been ruled otherwise."""
    from handrail.cli.business.differing import diff_document, print_diff
    from handrail.cli.common.documents import print_document
    from handrail.policies.sets import build
    from handrail.policies.worlds import world_for

    place = world(ctx)
    known = names(place)
    before, after = sides(place, old, new)
    own = folder(place)
    worlds = [world_for(own if one == CURRENT else Path(one), place.business, own) for one in (old, new)]
    sets = build(before, known, worlds[0], examples=False), build(after, known, worlds[1], examples=False)
    recorded = run_async(newest(place, last)) if replay else None
    made = diff_document(*sets, recorded, known.history)
    print_document(made) if as_json else print_diff(made)
    if exit_code and (made["replay"]["changed"] if made["replay"] else made["changes"]):
        raise typer.Exit(Exit.UNEXPECTED)


def _call_document(
    place: CliContext, known: PolicyNames, policies: FilePolicies, customer: str, tool: str, arguments: str, more: str
) -> dict[str, Any]:
    from handrail.cli.business.calls import json_object, previewed, refused_document
    from handrail.cli.business.rulings import asked_document
    from handrail.domain.errors import BusinessRefused

    given = json_object(arguments, "--arguments", '{"order_id": "O-10014"}')
    added = json_object(more, "--facts", '{"case": {"turn": 2}}')
    try:
        proposal, facts, title = run_async(previewed(place, known, customer, tool, given, added))
    except BusinessRefused as no:
        return refused_document(tool, given, no)
    return {"title": title, **asked_document(policies, proposal, facts)}


@imports.command("clyro")
def import_clyro(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A policy file of Clyro, in any of its three shapes.")],
    tools: Annotated[list[str] | None, typer.Option("--tool", help="The tool that it is for; may be repeated.")] = None,
    facts: Annotated[
        list[str] | None,
        typer.Option("--fact", metavar="THEIRS=OURS", help="Our fact for a field of theirs; may be repeated."),
    ] = None,
) -> None:
    """Print the file in our words, and on stderr what means something else here. Exit code 1 where something is left out."""
    from handrail.domain.errors import InvalidInput
    from handrail.policies.clyro import translate
    from handrail.policies.sets import document

    pairs = [one.partition("=") for one in facts or []]
    if wrong := [one for one, sign, ours in pairs if not (one and sign and ours)]:
        raise InvalidInput(f"--fact: {wrong[0]!r} names no fact of ours. Right would be: --fact amount=refund_amount_usd")
    made = translate(document(file), names(world(ctx)), tools or [], {theirs: ours for theirs, _, ours in pairs})
    typer.echo(made.text, nl=False)
    for words in [*made.notes, *(f"NOT TRANSLATED: {one}" for one in made.left)]:
        typer.echo(words, err=True)
    if made.left:
        raise typer.Exit(Exit.UNEXPECTED)


def sides(place: CliContext, old: str, new: str) -> tuple[list[Document], list[Document]]:
    """The files of both sides. Raises: DefinitionInvalid."""
    from handrail.definitions import files
    from handrail.policies.changes import laid_over
    from handrail.policies.sets import document

    first, second = (folder(place) if one == CURRENT else Path(one) for one in (old, new))
    before, after = ([document(file) for file in files(path)] for path in (first, second))
    if first.is_dir() and second.is_file():
        after = laid_over(before, after[0])
    elif first.is_file() and second.is_dir():
        before = laid_over(after, before[0])
    return before, after


async def of_case(place: CliContext, case_id: str) -> list[RecordedEffect]:
    """The case's recorded proposals. Raises: UnknownCase, Unreachable."""
    from handrail.postgres.case.cases import PostgresCases
    from handrail.postgres.case.proposals import PostgresProposals

    async with place.pool() as pool:
        found = await PostgresProposals(pool).of_case(case_id)
        if not found:
            await PostgresCases(pool, place.business).show(case_id)
        return found


async def newest(place: CliContext, limit: int) -> list[RecordedEffect]:
    """The last recorded proposals of all cases. Raises: Unreachable."""
    from handrail.postgres.case.proposals import PostgresProposals

    async with place.pool() as pool:
        return await PostgresProposals(pool).newest(limit)


def _text(path: Path) -> str:
    from handrail.domain.errors import InvalidInput

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: cannot be read ({error}). Name a JSON file, or a case.") from error
