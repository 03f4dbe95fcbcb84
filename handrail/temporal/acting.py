"""A client that acts as somebody: histories name who sent an update, over one and the same connection."""

from __future__ import annotations

import copy
from dataclasses import replace

from temporalio.client import Client


def acting_as(client: Client, identity: str) -> Client:
    """Return the client with another identity. The connection is shared, so this is cheap enough for each call."""
    service = copy.copy(client.service_client)
    service.config = replace(service.config, identity=identity)
    config = client.config()
    config["service_client"] = service
    return Client(**config)
