"""The chat: a frame for any web page, a plain page for browsers without script, ratings by link; mounted under `/chat`.

The frame's script speaks with the HTTP API as the customer, with a token of theirs. Nothing is changed by GET.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from handrail.chat.frame import Frame
from handrail.chat.pages import STATIC, trouble
from handrail.chat.plain import Plain
from handrail.chat.rating import Rating
from handrail.chat.sample import Sample
from handrail.chat.services import ChatServices
from handrail.chat.visiting import Visiting
from handrail.domain.errors import HandrailError
from handrail.pages.guarded import Guarded, guards
from handrail.pages.packed import Packed


def create_chat(services: ChatServices) -> ASGIApp:
    """Return the pages, to be mounted under `/chat`."""
    frame, visiting = Frame(services), Visiting(services)
    plain, rating = Plain(services, visiting), Rating(services)
    routes: list[BaseRoute] = [
        Route("/", frame.page, name="frame"),
        Route("/widget.js", frame.script, name="widget"),
        Route("/visitor", visiting.visit, methods=["POST"], name="visitor"),
        Route("/transcript/{case_id}", frame.transcript, name="transcript"),
        Route("/transcript/{case_id}/mail", frame.mail, methods=["POST"], name="mail"),
        Route("/plain", plain.page, name="plain"),
        Route("/plain/mail", plain.mail, methods=["POST"], name="plain_mail"),
        Route("/plain", plain.enter, methods=["POST"]),
        Route("/plain/say", plain.say, methods=["POST"], name="say"),
        Route("/plain/rate", plain.rate, methods=["POST"], name="rate"),
        Route("/plain/transcript/{case_id}", plain.transcript, name="plain_transcript"),
        Route("/rate/{link}", rating.page, name="rating"),
        Route("/rate/{link}", rating.rate, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC), name="static"),
    ]
    if services.sample is not None:
        sample = Sample(services, services.sample)
        routes += [
            Route("/sample", sample.page, name="sample"),
            Route("/sample/token", sample.token, methods=["POST"], name="sample_token"),
        ]
    ancestors = " ".join(("'self'", *services.origins))
    headers = {**guards(ancestors, frames="'self'"), "cross-origin-resource-policy": "cross-origin"}
    chat = Starlette(
        routes=routes,
        middleware=[Middleware(Guarded, headers=headers, trouble=trouble, away=services.api.away), Middleware(Packed)],
        exception_handlers={HTTPException: trouble, HandrailError: trouble},
    )
    # Where a slash is missing or too many, the address of the answer would be made of what the request calls our host.
    chat.router.redirect_slashes = False
    return chat
