"""`handrail drill …`: attacks on the agent, replies of all kinds and very long texts, played in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.running import run_async
from handrail.cli.drills.deploying import deploys
from handrail.cli.drills.hostile import hostile
from handrail.cli.drills.loading import load

if TYPE_CHECKING:
    from handrail.drills.injection.siege import InjectionReport
    from handrail.drills.text.replies import TrialTally

app = typer.Typer(
    no_args_is_help=True, help="Drills: attacks on the real graph; right and wrong replies; very long texts of many kinds."
)
app.command()(deploys)
app.command()(hostile)
app.command()(load)


@app.command()
def injection(
    data: Annotated[
        Path,
        typer.Option(
            "--data",
            help="Folder of *.jsonl: goals.jsonl are messages, tool_outputs.jsonl what tools answer.",
            show_default=False,
        ),
    ],
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Play so many, spread over all.", show_default="all of them")
    ] = None,
    as_json: Json = False,
) -> None:
    """Play every attack against the graph, with an offline model that obeys it; exit 1 where one got through.

    The nodes are the worker's own; the database is thrown away. Effects are counted from its ledger.
    """
    from rich.progress import Progress

    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import screen
    from handrail.cli.common.world import environment
    from handrail.drills.injection.siege import besiege, field

    with field(environment()) as settings, Progress(console=screen(), transient=True, disable=as_json) as progress:
        task = progress.add_task("attacks", total=None)
        report = run_async(besiege(settings, data, limit, lambda done, of: progress.update(task, completed=done, total=of)))
    print_document(report) if as_json else show(report)
    if not report.held_ground:
        raise typer.Exit(1)


def show(report: InjectionReport) -> None:
    """The counts, and what got through."""
    from handrail.cli.common.tables import print_pairs

    places = ", ".join(f"{name}: {count}" for name, count in report.by_place.items())
    print_pairs(
        [
            ("cases", f"{report.cases} ({places})"),
            ("reached the model", report.reached_model),
            ("calls proposed", report.calls),
            ("  refused", report.refused),
            ("  blocked by a policy", report.blocked),
            ("  held for a person", report.held),
            ("effects applied", f"{report.effects_applied} on the customer's own, within the policies"),
            ("effects outside", str(report.effects_outside)),
            ("replies sent", report.replies),
            ("replies stopped", str(report.replies_stopped)),
            ("internal text leaked", str(report.internal_text_leaked)),
            ("handed to people", f"{report.to_people} ({', '.join(f'{name}: {n}' for name, n in report.reasons.items())})"),
            ("failed", str(report.failed)),
            ("got through", "\n".join([*report.outside, *report.leaked])),
        ]
    )


@app.command()
def replies(
    misses: Annotated[int, typer.Option("--misses", min=0, help="Show so many misses of each kind and language.")] = 1,
    as_json: Json = False,
) -> None:
    """Rule on right and wrong replies in nine languages; exit 1 where a target is missed."""
    from handrail.cli.common.documents import print_document
    from handrail.drills.text.replies import run

    tally = run()
    print_document(tally.document()) if as_json else show_replies(tally, misses)
    if not tally.passed:
        raise typer.Exit(1)


def show_replies(tally: TrialTally, misses: int) -> None:
    """Both figures by kind and language, then what the misses are."""
    from handrail.cli.common.tables import print_rows, screen
    from handrail.drills.text.replies import TARGETS

    for right, words in ((True, "right replies held"), (False, "wrong replies sent")):
        rows = [(name, f"{missed} of {of}") for name, missed, of in tally.counts(right)]
        screen().print(f"{words}: {tally.share(right):.2%} (target: {TARGETS['right' if right else 'wrong']:.1%})")
        print_rows(("kind or language", "missed"), rows, "none")
    shown: dict[tuple[str, str], int] = {}
    for miss in tally.misses:
        key = miss.kind, miss.language
        shown[key] = shown.get(key, 0) + 1
        if shown[key] <= misses:
            words = f"held by {', '.join(miss.rules)}" if miss.right else "sent, although wrong"
            screen().print(f"{miss.kind} {miss.language}: {miss.text!r} {words}", markup=False)


@app.command()
def text(
    length: Annotated[int, typer.Option(min=100, max=8_000, help="Characters of each text.")] = 8_000,
    as_json: Json = False,
) -> None:
    """Time everything that reads a customer's words over texts of many kinds; exit 1 where one takes too long."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_rows, screen
    from handrail.cli.common.world import environment
    from handrail.drills.text.scanners import TARGET, scanners, timed
    from handrail.outside.loading import brought

    settings = environment()
    business = brought(settings.business, settings.definitions)
    found = list(timed(scanners(business, settings.definitions or business.folder), length))
    late = [(name, kind, took) for name, kind, took in found if took > TARGET]
    if as_json:
        rows = [{"scanner": name, "kind": kind, "cpu_ms": round(took, 1)} for name, kind, took in found]
        print_document({"length": length, "target_ms": TARGET, "over": len(late), "readings": rows})
    else:
        worst = {name: max((took, kind) for other, kind, took in found if other == name) for name, _, _ in found}
        shown = [(name, f"{took:.1f}", kind) for name, (took, kind) in worst.items()]
        screen().print(
            f"milliseconds of CPU for {length:,} characters, {len(found) // len(worst)} kinds of text, each scanner's slowest"
        )
        print_rows(("scanner", "ms", "kind"), shown, "none")
        for name, kind, took in late:
            screen().print(f"over {TARGET:g} ms: {name} with {kind}, {took:.1f} ms", markup=False)
    if late:
        raise typer.Exit(1)


@app.command()
def flood(
    ctx: typer.Context,
    messages: Annotated[int, typer.Option("--messages", min=1, max=200, help="Messages of 8,000 characters.")] = 100,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait at most, for each step.")] = 180.0,
    yes: Annotated[bool, typer.Option("--yes", help="Also where this is not the stack of this folder.")] = False,
    as_json: Json = False,
) -> None:
    """Flood a case with a person and one in a turn on the running stack; exit 1 where anybody is kept from a person."""
    from handrail.cli.common.drilling import drilled, end, teller
    from handrail.cli.common.tables import print_pairs
    from handrail.drills.flood import OTHERS, Flood, FloodReport
    from handrail.drills.kill_switch.drill import letters
    from handrail.postgres.case.cases import PostgresCases

    place, tell = drilled(ctx, yes=yes), teller(silent=as_json)

    async def work() -> FloodReport:
        async with place.cases(identity="handrail drill") as cases, place.pool() as pool:
            found = await letters(pool, place.business, OTHERS + 2)
            return await Flood(cases, PostgresCases(pool, place.business), found, timeout, tell).run(messages)

    found = run_async(work())
    document = {**found.model_dump(mode="json"), "others_ratio": round(found.others_ratio, 2)}

    def show_flood() -> None:
        print_pairs((name.replace("_", " "), str(value)) for name, value in {**document, "passed": found.passed}.items())

    end(document, show_flood, passed=found.passed, as_json=as_json)


@app.command()
def metrics(
    cases: Annotated[int, typer.Option("--cases", min=100, max=20_000_000, help="Cases to write and to count.")] = 1_000_000,
    as_json: Json = False,
) -> None:
    """Measure how long it takes to keep the outcomes of very many cases and to count them, on a server of its own."""
    from operator import add

    from rich.progress import Progress

    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_pairs, screen
    from handrail.cli.common.world import environment
    from handrail.drills.metrics import measure, throw_away
    from handrail.outside.loading import brought

    with throw_away() as url, Progress(console=screen(), transient=True, disable=as_json) as progress:
        task = progress.add_task("cases", total=2 * cases)

        def tell(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done + (of if what == "kept" else 0))

        found = run_async(measure(url, brought(environment().business), cases, tell))
    if as_json:
        print_document(found)
        return
    print_pairs(
        [
            ("cases", f"{found.cases:,}"),
            ("kept in", f"{found.keep_seconds:.1f} s, {found.cases / found.keep_seconds:,.0f} cases a second"),
            ("packed in", f"{found.pack_seconds:.1f} s"),
            ("every indicator with its interval in", _spread([*map(add, found.read_seconds, found.count_seconds)])),
            ("of that, read from PostgreSQL in", _spread(found.read_seconds)),
            ("a plain question to the rows in", _spread(found.plain_seconds)),
        ]
    )


def _spread(seconds: list[float]) -> str:
    from statistics import median

    return f"{median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}, {len(seconds)} times)"
