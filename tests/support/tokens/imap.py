"""An IMAP server that takes access tokens and no passwords: pymap, for whoever brings what stands in the file `IMAP_TOKEN`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymap.config import IMAPConfig
from pymap.main import main
from pysasl import SASLAuth
from pysasl.creds.plain import PlainCredentials
from pysasl.exception import InvalidResponse
from pysasl.mechanism import ChallengeResponse
from pysasl.mechanism.oauth import OAuth2Mechanism

SECRET = "kept by the server"


class KnownToken(OAuth2Mechanism):
    """Takes the one token that is good now, for the user of whose mailbox it is."""

    def server_attempt(self, responses: Sequence[ChallengeResponse]) -> Any:
        """Raises: InvalidResponse: it is another token."""
        user, _ = super().server_attempt(responses)
        if not responses[0].response.endswith(b"Bearer " + Path(os.environ["IMAP_TOKEN"]).read_bytes() + b"\x01\x01"):
            raise InvalidResponse
        return PlainCredentials(user.authzid, SECRET), None


IMAPConfig.tls_auth = property(lambda _: SASLAuth([KnownToken()]))  # type: ignore[assignment]

if __name__ == "__main__":
    main()
