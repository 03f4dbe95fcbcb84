"""The desk: pages for the people who decide and answer, rendered on the server. `create_desk` makes it, under `/desk`.

Every page works without script; `static/desk.js` adds keys. Nothing is changed by GET, and every form carries the token of
its session.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from handrail.desk.acting import Acting
from handrail.desk.batch.pages import Batching
from handrail.desk.entrance import Entrance
from handrail.desk.federation import Federation
from handrail.desk.looking import Looking
from handrail.desk.owning import Owning
from handrail.desk.pages import STATIC, trouble
from handrail.desk.scoring import Scoring
from handrail.desk.services import DeskServices
from handrail.desk.settling import Settling
from handrail.domain.errors import HandrailError
from handrail.pages.guarded import Guarded, guards
from handrail.pages.packed import Packed

HEADERS = {**guards(), "cross-origin-opener-policy": "same-origin"}


def create_desk(services: DeskServices) -> ASGIApp:
    """Return the pages, to be mounted under `/desk`."""
    entrance, federation, looking = Entrance(services), Federation(services), Looking(services)
    acting, owning, scoring = Acting(services), Owning(services), Scoring(services)
    batching, settling = Batching(services), Settling(services)
    desk = Starlette(
        routes=[
            Route("/", looking.board, name="board"),
            Route("/cases/{case_id}", looking.case, name="case"),
            Route("/cases/{case_id}/decide", acting.decide, methods=["POST"], name="decide"),
            Route("/cases/{case_id}/act", acting.act, methods=["POST"], name="act"),
            Route("/cases/{case_id}/settle", settling.act, methods=["POST"], name="settle"),
            Route("/owner", owning.page, name="owner"),
            Route("/owner", owning.act, methods=["POST"]),
            Route("/batch", batching.page, name="batch"),
            Route("/batch", batching.act, methods=["POST"]),
            Route("/batch/{batch_id}", batching.outcome, name="batch_done"),
            Route("/score", scoring.page, name="score"),
            Route("/score", scoring.act, methods=["POST"]),
            Route("/sign-in", entrance.page, name="sign_in"),
            Route("/sign-in", entrance.sign_in, methods=["POST"]),
            Route("/oidc/begin", federation.begin, name="oidc_begin"),
            Route("/oidc/back", federation.back, name="oidc_back"),
            Route("/sign-out", entrance.sign_out, methods=["POST"], name="sign_out"),
            Route("/language", entrance.language, methods=["POST"], name="language"),
            Mount("/static", StaticFiles(directory=STATIC), name="static"),
        ],
        middleware=[Middleware(Guarded, headers=HEADERS, trouble=trouble, away=services.away), Middleware(Packed)],
        exception_handlers={HTTPException: trouble, HandrailError: trouble},
    )
    # Where a slash is missing or too many, the address of the answer would be made of what the request calls our host.
    desk.router.redirect_slashes = False
    return desk
