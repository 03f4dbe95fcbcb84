"""Addresses of a room's own pages, wherever the room is mounted."""

from __future__ import annotations

from starlette.requests import Request


def address_of(request: Request, name: str, **path: str) -> str:
    """Return the path of a page by its name in the room that answers; other rooms may have one of the same name.

    `Request.url_for` asks the outermost application, which gives the first of that name in any room.
    """
    root: str = request.scope.get("root_path", "")
    return root + str(request.app.url_path_for(name, **path))
