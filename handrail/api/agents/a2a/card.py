"""The agent card: what the house does for other agents, signed, so that whoever keeps a copy can tell it from another."""

from __future__ import annotations

from typing import Any

from a2a.types.a2a_pb2 import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentProvider,
    AgentSkill,
    HTTPAuthSecurityScheme,
    SecurityRequirement,
    SecurityScheme,
    StringList,
)
from a2a.utils.constants import PROTOCOL_VERSION_1_0
from a2a.utils.signing import create_agent_card_signer
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from handrail.domain.errors import InvalidInput

RPC = "/a2a"
KEYS = "/.well-known/agent-card-keys.json"
ALGORITHM = "ES256"
MAKE = "openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt"
SKILL = AgentSkill(
    id="customer-case",
    name="Customer case",
    description="Answers a customer's request and carries it out where the house's rules allow. What a human has to confirm "
    "comes with a link for that human.",
    tags=["customer service"],
    examples=["Where is order O-10021?", "Please cancel order O-10021."],
)


class CardKey:
    """The key that signs the card. Raises: InvalidInput: it is no private EC key on P-256."""

    def __init__(self, pem: str, key_id: str) -> None:
        self.key_id, self._pem = key_id, pem
        try:
            self._key = ECKey.import_key(pem, {"kid": key_id, "alg": ALGORITHM, "use": "sig"})
            private = self._key.is_private and self._key.curve_name == "P-256"
        except (JoseError, ValueError, TypeError):
            private = False
        if not private:
            raise InvalidInput(
                "HANDRAIL_A2A_KEY: is no private EC key on P-256 in PEM. It signs the agent card; this makes one: " + MAKE
            )

    def signed(self, card: AgentCard, address: str) -> AgentCard:
        """Return the card with its signature."""
        sign = create_agent_card_signer(
            self._pem, {"kid": self.key_id, "alg": ALGORITHM, "jku": f"{address}{KEYS}", "typ": "JOSE"}
        )
        return sign(card)

    @property
    def published(self) -> dict[str, Any]:
        """The public half, as a set of keys."""
        return {"keys": [self._key.as_dict(private=False)]}


def card_of(house: str, address: str, version: str) -> AgentCard:
    """Return the card, unsigned."""
    bearer = HTTPAuthSecurityScheme(scheme="bearer", description="a customer's token, an API key, or a token of OIDC")
    return AgentCard(
        name=f"{house} customer service",
        description=f"A machine that works on customer cases for {house}; people take over where they have to.",
        version=version,
        supported_interfaces=[
            AgentInterface(url=f"{address}{RPC}", protocol_binding="JSONRPC", protocol_version=PROTOCOL_VERSION_1_0)
        ],
        provider=AgentProvider(organization=house, url=address),
        capabilities=AgentCapabilities(streaming=True, push_notifications=False, extended_agent_card=False),
        security_schemes={"bearer": SecurityScheme(http_auth_security_scheme=bearer)},
        security_requirements=[SecurityRequirement(schemes={"bearer": StringList()})],
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain", "application/json"],
        skills=[SKILL],
    )
