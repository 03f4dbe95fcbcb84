"""Loopback ports: is one free, who holds it, a block of free ones, what answers there."""

from __future__ import annotations

import asyncio
import os
import random
import socket

import psutil

from handrail.embedded.process import StackFailed

HOST = "127.0.0.1"
BLOCK = 10
ANSWER_SECONDS = 5.0
BELOW_EPHEMERAL = range(18_000, 32_000, BLOCK)


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Name the program that listens on the port, as far as this user may see."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except (psutil.Error, OSError):
        return "another program"
    return "another program"


def require_free(port: int, what: str, remedy: str) -> None:
    """Raises: StackFailed where the port is taken, naming its holder and the remedy."""
    if not is_free(port):
        raise StackFailed(f"port {port} ({what}) is taken by {holder(port)}. {remedy}")


def free_block(count: int = BLOCK) -> int:
    """The first of `count` free ports in a row, below the ports that the system hands out to clients."""
    candidates = list(BELOW_EPHEMERAL)
    random.Random(f"{os.getpid()}-{random.random()}").shuffle(candidates)  # noqa: S311 - spreads parallel runs, no secret
    for base in candidates:
        if all(is_free(port) for port in range(base, base + count)):
            return base
    raise StackFailed(f"no {count} free ports in a row between {candidates[0]} and {candidates[-1]}.")


async def get(port: int, path: str) -> bytes | None:
    """Return what a server of ours answers with 200, None where it gives no such answer.

    The stack asks itself over and over while it starts, and a client of HTTP takes a tenth of a second to load.
    """
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(f"GET {path} HTTP/1.0\r\nHost: {HOST}:{port}\r\n\r\n".encode())
                head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    return body if head.split(b" ", 2)[1:2] == [b"200"] else None
