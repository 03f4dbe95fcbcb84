"""A mail server that takes mail: `python -m handrail.drills.chaos.outside.post PORT FILE` notes all that it takes.

A mail is in `FILE` before it is acknowledged, a JSON line each, so that a kill in between leaves the line and no word.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from email import message_from_bytes
from pathlib import Path
from threading import Event

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from handrail.embedded.ports import HOST


class NotingPost:
    """Takes every mail."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Note the mail, then acknowledge it."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content)
        line = {"at": time.time(), "to": envelope.rcpt_tos[0], "message_id": str(mail["Message-ID"]).strip().strip("<>")}
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return "250 taken"


def main(port: int, file: Path) -> None:
    """Take mail until told to stop."""
    stopped = Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    controller = Controller(NotingPost(file), hostname=HOST, port=port)
    controller.start()
    stopped.wait()
    controller.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
