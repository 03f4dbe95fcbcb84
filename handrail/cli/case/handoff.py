"""`handrail handoff …`: the packet that a person receives with a case, and its schema."""

from __future__ import annotations

import sys
from json import dumps
from typing import Annotated, Any

import typer

from handrail.cli.common.options import CaseArgument, Json
from handrail.cli.common.running import run_async
from handrail.cli.common.world import world

app = typer.Typer(no_args_is_help=True, help="The packet that a person receives with a case.")
SCHEMA_ID = "urn:handrail:handoff:v1"


@app.command()
def show(
    ctx: typer.Context,
    case_id: CaseArgument,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the page of the Web UI says it, but all of it.")] = False,
    as_json: Json = False,
) -> None:
    """The packet, from the case itself or else from PostgreSQL; with --json `null` where there is none."""
    from handrail.cli.common.documents import print_document
    from handrail.cli.common.tables import print_handoff, screen
    from handrail.domain.errors import InvalidInput
    from workflows.page.handoff import markdown as written

    if markdown and as_json:
        raise InvalidInput("--markdown, --json: are two forms. Give one of them.")
    packet = run_async(world(ctx).handoff(case_id))
    if as_json:
        print_document(packet)
    elif packet is None:
        screen().print(f"Case {case_id} was not handed to a person.")
    elif markdown:
        sys.stdout.write(written(packet))
    else:
        print_handoff(packet)


@app.command()
def schema(as_json: Annotated[bool, typer.Option("--json", help="It is JSON anyway.")] = False) -> None:
    """The packet's JSON schema (2020-12), version 1."""
    sys.stdout.write(dumps(json_schema(), ensure_ascii=False, indent=2) + "\n")


def json_schema() -> dict[str, Any]:
    """Return the schema of what `handrail handoff show CASE --json` prints."""
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    from handrail.domain.case.handoffs import Handoff

    made = TypeAdapter(Handoff).json_schema(mode="serialization")
    return {"$schema": GenerateJsonSchema.schema_dialect, "$id": SCHEMA_ID, **made}
