"""The API's socket: what is written goes out at once."""

from __future__ import annotations

import socket

from handrail.wiring.front.api import listen


def test_an_answer_is_not_held_back_until_its_head_is_acknowledged() -> None:
    with listen("127.0.0.1:0") as listening, socket.create_connection(listening.getsockname()[:2]):
        taken, _ = listening.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
