"""`handrail case rate`: a customer's rating, of an open case or of one that was closed long since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from handrail.cli.common.options import CaseArgument, Json, optional_words
from handrail.cli.common.running import run_async
from handrail.cli.common.world import CliContext, world

if TYPE_CHECKING:
    from handrail.domain.case.ratings import RateCase, RatingReceipt

Csat = Annotated[int | None, typer.Option("--csat", help="Satisfaction, 1 to 5.", show_default=False)]
Nps = Annotated[int | None, typer.Option("--nps", help="Would they recommend us, 0 to 10.", show_default=False)]
Solved = Annotated[
    bool | None, typer.Option("--solved/--not-solved", help="Is it solved, in the customer's eyes.", show_default=False)
]
Comment = Annotated[
    str | None, typer.Option("--comment", help="The customer's words; - reads standard in.", show_default=False)
]
Survey = Annotated[str, typer.Option("--survey", help="Idempotency key: a survey counts once, the newest rating stands.")]


def rate(
    ctx: typer.Context,
    case_id: CaseArgument,
    csat: Csat = None,
    nps: Nps = None,
    solved: Solved = None,
    comment: Comment = None,
    survey: Survey = "end",
    as_json: Json = False,
) -> None:
    """Record a customer's rating, of a closed case too."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import plain, screen

    text = optional_words("--comment", comment)
    receipt = run_async(kept(world(ctx), case_id, rating(survey, csat, nps, text, solved=solved)))
    if as_json:
        print_document(receipt)
        return
    how = "stood already" if receipt.duplicate else "replaced" if receipt.changed else "recorded"
    asked = "" if receipt.offered else " Nobody had asked for it: it counts in no survey figure."
    screen().print(plain(f"{case_id}: rating {how}.{asked}"))


def rating(survey: str, csat: int | None, nps: int | None, comment: str | None, *, solved: bool | None) -> RateCase:
    """Return the rating. Raises: InvalidInput: it does not fit; says what would."""
    from pydantic import ValidationError

    from handrail.domain.case.messages import check_text
    from handrail.domain.case.ratings import MAX_COMMENT, RateCase
    from handrail.domain.errors import InvalidInput

    if comment is not None:
        comment = check_text("--comment", comment, MAX_COMMENT)
    try:
        return RateCase(survey_id=survey, csat=csat, nps=nps, solved=solved, comment=comment)
    except ValidationError as error:
        (first, *_) = error.errors(include_url=False, include_input=False)
        option = f"--{str(first['loc'][0]).removesuffix('_id')}: " if first["loc"] else ""
        raise InvalidInput(f"{option}{first['msg'].removeprefix('Value error, ')}.") from None


async def kept(place: CliContext, case_id: str, given: RateCase) -> RatingReceipt:
    """Write it to the record, where closed cases stand too. Raises: UnknownCase, Unreachable."""
    from datetime import UTC, datetime

    from handrail.domain.case.messages import check_identifier
    from handrail.domain.case.ratings import RatedCase
    from handrail.postgres.case.ratings import PostgresRatings

    rated = RatedCase(case_id=check_identifier("case_id", case_id), rating=given, at=datetime.now(UTC))
    async with place.pool() as pool:
        return await PostgresRatings(pool).rate(rated)
