"""`handrail router`: train the local classifier on labelled messages, and see how well it does on others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import Json
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.routing.learning.labelled import Labelled
    from handrail.routing.learning.report import Measured
    from handrail.routing.learning.risks import RiskAim
    from handrail.routing.model.artefact import Artefact, RiskTrade

app = typer.Typer(no_args_is_help=True, help="Train and measure the local classifier that routes messages.")

Data = Annotated[
    list[Path],
    typer.Option("--data", help="JSON lines with text and label; label oos is out of scope. Repeatable.", show_default=False),
]
RiskLabels = Annotated[
    str | None,
    typer.Option("--risk-labels", metavar="A,B,C", help="Labels that are a risk.", show_default="by their names"),
]


@app.command()
def train(
    ctx: typer.Context,
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="Folder to write.", show_default=False)],
    error: Annotated[float, typer.Option("--error", help="Stated error: share of the answers that may be wrong.")] = 0.01,
    oos_share: Annotated[
        float, typer.Option("--oos-share", help="Stated share of messages out of scope, up to which the error holds.")
    ] = 0.18,
    with_topics: Annotated[
        bool, typer.Option("--with-topics/--no-topics", help="Learn the examples of the business's topics too.")
    ] = False,
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="LABEL=TOPIC", help="What a label stands for; oos is out of scope. Repeatable."),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="YAML file with the same as `labels: {label: topic}`.", show_default=False)
    ] = None,
    risk_labels: RiskLabels = None,
    risk_recall: Annotated[
        float | None, typer.Option("--risk-recall", help="Share of risks to find.", show_default="0.993")
    ] = None,
    risk_false_alarms: Annotated[
        float | None, typer.Option("--risk-false-alarms", help="Share of false alarms to bear instead.", show_default=False)
    ] = None,
    embeddings: Annotated[
        bool, typer.Option("--embeddings/--words", help="Ask an installed model of meanings where words leave it open.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Deals the messages into folds.")] = 20,
    as_json: Json = False,
) -> None:
    """Learn from labelled messages; their labels are the classes."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen
    from handrail.routing.learning import training
    from handrail.routing.learning.labelled import gather
    from handrail.routing.learning.lesson import TrainingRequest
    from handrail.routing.learning.mapping import mapping, renamed
    from handrail.routing.model.sentence_encoder import installed

    _between("--error", error, 0.0, 0.5)
    _between("--oos-share", oos_share, 0.0, 0.9)
    rows = [row for path in data for row in _read(path)]
    topics = mapping(mapped or [], labels, {row.label for row in rows})
    gathered = gather(renamed([*rows, *(_examples(world(ctx)) if with_topics else [])], topics))
    known = {label: topic for label, topic in topics.items() if label in gathered.labels}
    chosen = _chosen(risk_labels, gathered.labels)
    wanted = TrainingRequest(error, oos_share, known, chosen, seed, _risk_aim(risk_recall, risk_false_alarms))
    console = screen()

    def say(words: str) -> None:
        if not as_json:
            console.print(plain(words))

    encoder = installed() if embeddings else None
    made = training.train(gathered, wanted, at=datetime.now(UTC), sources=data, say=say, encoder=encoder)
    made.save(out)
    if as_json:
        print_document({"router": str(out), **made.manifest.model_dump(mode="json")})
    else:
        _print_trained(made, out)


@app.command()
def evaluate(
    router: Annotated[Path, typer.Option("--router", help="Folder that training wrote.", show_default=False)],
    data: Data,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Write the risk-coverage curve as .svg or .png.", show_default=False)
    ] = None,
    risk_labels: RiskLabels = None,
    as_json: Json = False,
) -> None:
    """Show how well a trained router does on labelled messages that it has not seen."""
    from handrail.cli.common.documents import print_document
    from handrail.routing.learning.report import measure
    from handrail.routing.model.artefact import Artefact

    artefact = Artefact.load(router)
    rows = [row for path in data for row in _read(path)]
    chosen = None if risk_labels is None else _chosen(risk_labels, sorted({row.label for row in rows}))
    measured = measure(artefact, rows, chosen)
    if picture is not None:
        _draw(measured, picture)
    if as_json:
        print_document(measured.report)
    else:
        _print_measured(measured)


def _between(name: str, value: float, low: float, high: float) -> None:
    from handrail.domain.errors import InvalidInput

    if not low < value < high:
        raise InvalidInput(f"{name}: {value:g} is no share that can be stated. Give one above {low:g} and below {high:g}.")


def _risk_aim(recall: float | None, false_alarms: float | None) -> RiskAim:
    """The owner's aim. Raises: InvalidInput: no share, or both at once."""
    from handrail.domain.errors import InvalidInput
    from handrail.routing.learning.risks import RISK_RECALL, RiskAim

    if recall is not None and false_alarms is not None:
        raise InvalidInput("--risk-recall, --risk-false-alarms: one follows from the other. Give one of them.")
    if false_alarms is not None:
        _between("--risk-false-alarms", false_alarms, 0.0, 0.5)
        return RiskAim(false_alarms=false_alarms)
    if recall is None:
        return RiskAim(RISK_RECALL)
    if not 0.5 <= recall <= 1:
        raise InvalidInput(f"--risk-recall: {recall:g} is no share that can be aimed at. Give one from 0.5 to 1.")
    return RiskAim(recall)


def _read(path: Path) -> list[Labelled]:
    from handrail.routing.learning.labelled import read

    return read(path)


def _examples(place: CliContext) -> list[Labelled]:
    """The examples of the business's topics. Raises: DefinitionInvalid."""
    from handrail.routing.learning.labelled import Labelled
    from handrail.topics.loader import FileTopics

    folder = (place.settings.definitions or place.business.folder) / "topics"
    topics = FileTopics(folder, place.business.by_name).all()
    return [Labelled(text, topic.name, f"{topic.name}.yaml") for topic in topics for text in topic.examples]


def _chosen(names: str | None, known: list[str]) -> list[str] | None:
    """The labels named with commas between; None where none were. Raises: InvalidInput: one is no label."""
    from handrail.domain.errors import InvalidInput

    if names is None:
        return None
    found = [name.strip() for name in names.split(",") if name.strip()]
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise InvalidInput(f"--risk-labels: {unknown[0]!r} is no label of the data. Known: {', '.join(known[:100])}.")
    return found


def _draw(measured: Measured, path: Path) -> None:
    from handrail.cli.business.curve import png, svg
    from handrail.domain.errors import InvalidInput

    drawing = {".svg": svg, ".png": png}.get(path.suffix.lower())
    if drawing is None:
        raise InvalidInput(f"--picture: {path.name!r} is neither .svg nor .png. Name it {path.stem}.svg.")
    try:
        path.write_bytes(drawing(measured.coverage, measured.error))
    except OSError as error:
        raise InvalidInput(f"--picture: {path} cannot be written ({error.strerror}). Name another file.") from error


def _print_trained(made: Artefact, out: Path) -> None:
    from handrail.cli.common.tables import plain, print_pairs, screen
    from handrail.routing.learning.training import ENOUGH_OUTSIDE

    learnt, limits = made.manifest.training, made.manifest.thresholds
    never = limits.answer > 1
    print_pairs(
        [
            ("labels", len(made.manifest.labels)),
            ("accuracy, held out", f"{learnt.accuracy:.1%} (spread over folds {learnt.accuracy_spread:.1%})"),
            ("out-of-scope AUROC, held out", _number(learnt.out_of_scope_auroc)),
            ("threshold", "none keeps the stated error: everything goes to people" if never else f"{limits.answer:.3f}"),
            (
                "promise",
                f"at most {made.manifest.stated_error:.1%} error up to {made.manifest.stated_oos_share:.0%} out of scope",
            ),
            ("coverage, held out", f"{learnt.coverage:.1%}"),
            ("risk labels", ", ".join(made.manifest.risk_labels) or "none; name them with --risk-labels"),
            ("risk recall, false alarms", f"{_percent(learnt.risk_recall)}, {_percent(learnt.risk_false_alarms)}"),
            ("  other aims would cost", _trade(learnt.risk_trade)),
            ("meanings", made.manifest.encoder or "not used"),
            ("version", made.manifest.content_hash[:12]),
            ("seconds", learnt.seconds),
        ]
    )
    stand_ins = [learnt.proxies] if learnt.outside < ENOUGH_OUTSIDE else []
    for note in [*stand_ins, *learnt.notes]:
        screen().print(plain(f"note: {note}"))
    screen().print(plain(f"\nSee how it does: handrail router evaluate --router {out} --data OTHER.jsonl"))


def _print_measured(measured: Measured) -> None:
    from handrail.cli.business.curve import terminal
    from handrail.cli.common.tables import plain, screen, table

    report = measured.report

    def row(words: str, name: str) -> tuple[str, str, str]:
        return words, _percent(getattr(report, name)), _span(report.intervals.get(name))

    promise, risky = report.promise, f"{len(report.risk_labels)} labels"
    rows = [
        row("accuracy within scope", "accuracy"),
        row("out-of-scope AUROC", "out_of_scope_auroc"),
        row("out-of-scope recall: called so", "out_of_scope_recall"),
        row("  or not answered", "out_of_scope_not_answered"),
        row("within scope, called out of scope", "in_scope_called_out_of_scope"),
        *(
            (f"coverage at {float(limit):.0%} error", _percent(value), _span(report.intervals[f"coverage_at_error.{limit}"]))
            for limit, value in report.coverage_at_error.items()
        ),
        row(f"risk recall ({risky})", "risk_recall"),
        row("risk false alarms", "risk_false_alarms"),
        ("calibration error", _percent(report.calibration_error), ""),
        (f"promised error, up to {promise.stated_oos_share:.0%} out of scope", _percent(promise.stated_error), ""),
        (
            f"kept, at {promise.evaluated_oos_share:.0%} as given",
            _percent(promise.kept["evaluated"]),
            _span(promise.kept_interval),
        ),
        *(
            (f"kept, at {float(share):.0%}", _percent(kept), "")
            for share, kept in promise.kept.items()
            if share != "evaluated"
        ),
        ("coverage at the threshold", _percent(promise.coverage), ""),
        ("latency p50, p99", f"{report.latency_ms_p50:.2f}, {report.latency_ms_p99:.2f} ms", ""),
    ]
    title = f"{report.messages} messages, {report.out_of_scope} of them out of scope"
    screen().print(table(["", "value", "95 % interval"], rows, title=title))
    if report.unseen_labels:
        named = ", ".join(report.unseen_labels[:8]) + (", …" if len(report.unseen_labels) > 8 else "")
        screen().print(plain(f"The router never saw these labels; they count as out of scope: {named}"))
    screen().print(plain(terminal(measured.coverage, measured.error)))


def _trade(trade: Sequence[RiskTrade] | None) -> str:
    return ", ".join(f"{_percent(one.recall)}: {_percent(one.false_alarms)}" for one in trade or []) or "-"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _span(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f"{interval[0]:.2%} to {interval[1]:.2%}"
