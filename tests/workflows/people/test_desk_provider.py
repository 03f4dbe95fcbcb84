"""Signing in at the desk by an identity provider: once, in the browser that began, as whom the token names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp

from handrail.domain.errors import InvalidInput
from handrail.wiring.front.providers import federated
from tests.support.deskside import AtDesk, with_desk
from tests.support.house import House
from tests.support.provider import CLIENT, SECRET, Provider, provider

PUBLIC = "http://desk"


@dataclass
class Way:
    """Somebody in front of the desk, and the provider that they are sent to."""

    person: AtDesk
    issuer: Provider

    async def there(self, to: str = "/desk/owner") -> str:
        """Go to the provider; the address that it sends the browser back to."""
        begun = await self.person.get("/desk/oidc/begin", params={"to": to})
        assert begun.status_code == 303, begun.text
        async with httpx.AsyncClient() as browser:
            sent = await browser.get(begun.headers["location"])
        return sent.headers["location"]

    async def back(self, address: str) -> httpx.Response:
        """Come back."""
        assert address.startswith(f"{PUBLIC}/desk/oidc/back?")
        return await self.person.get(f"/desk/oidc/back?{urlsplit(address).query}")


@pytest.fixture
def issuer() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
async def desk(home: House, issuer: Provider) -> ASGIApp:
    changes = {
        "api_oidc_issuer": issuer.issuer,
        "public_url": PUBLIC,
        "desk_oidc_client": CLIENT,
        "desk_oidc_secret": SecretStr(SECRET),
    }
    return await with_desk(home, **changes)


@pytest.fixture
async def way(desk: ASGIApp, issuer: Provider) -> AsyncIterator[Way]:
    transport = httpx.ASGITransport(app=desk, raise_app_exceptions=False, client=("127.0.0.1", 1))
    async with AtDesk(transport=transport, base_url=PUBLIC, timeout=60, headers={"accept-language": "en"}) as person:
        yield Way(person, issuer)


async def test_somebody_comes_back_signed_in_and_the_code_counts_once(way: Way) -> None:
    assert "/desk/oidc/begin?to=/desk/" in (await way.person.get("/desk/sign-in")).text
    way.issuer.says = {"email": "bea@shop.example", "scope": "openid"}
    address = await way.there("/desk/?scope=mine")
    back = await way.back(address)
    assert (back.status_code, back.headers["location"]) == (303, "/desk/?scope=mine")
    page = await way.person.look("/desk/?scope=mine")
    assert "Signed in as bea<" in page
    assert (await way.person.get("/desk/owner")).status_code == 403

    again = await way.back(address)
    assert again.status_code == 401
    assert "did not begin in this browser" in again.text
    gone = await way.person.submit(page, "/desk/sign-out")
    assert gone.status_code == 303
    assert (await way.person.get("/desk/")).status_code == 303


async def test_each_tab_has_a_way_of_its_own_and_a_stranger_none(way: Way) -> None:
    way.issuer.says = {"email": "bea"}
    first, second = await way.there("/desk/?scope=mine"), await way.there("/desk/score")
    assert (await way.back(first)).headers["location"] == "/desk/?scope=mine"
    assert (await way.back(second)).headers["location"] == "/desk/score"
    assert (await way.there("/desk/../elsewhere")).startswith(PUBLIC)
    way.issuer.says = {"email": "nobody@example.com"}
    stranger = await way.back(await way.there())
    assert (stranger.status_code, "neither in reviewers.yaml nor in people.yaml" in stranger.text) == (401, True)


async def test_a_token_that_lists_scopes_grants_those_alone(way: Way) -> None:
    way.issuer.says = {"email": "bea", "scope": "controls:read cases:handle"}
    await way.back(await way.there())
    assert (await way.person.get("/desk/owner")).status_code == 200
    way.issuer.says = {"email": "bea", "scope": "controls:read"}
    refused = await way.back(await way.there())
    assert refused.status_code == 401
    assert "may neither decide nor handle cases" in refused.text


async def test_what_is_not_of_this_sign_in_lets_nobody_in(way: Way) -> None:
    for says in ({"aud": "somebody-else"}, {"nonce": "another"}, {"exp": 1}, {"email": None}, {"iss": "http://elsewhere"}):
        address = await way.there()
        way.issuer.says = {}
        (code,) = way.issuer.asked
        asked = way.issuer.asked[code]
        way.issuer.says = {name: value for name, value in says.items() if name not in ("aud", "nonce")}
        if "nonce" in says:
            asked["nonce"] = "another"
        if "aud" in says:
            way.issuer.audience = "somebody-else"
        refused = await way.back(address)
        way.issuer.audience = CLIENT
        assert refused.status_code == 401, (says, refused.text)
        assert "handrail_desk=" not in str(refused.headers.get_list("set-cookie"))
    address = await way.there()
    (code,) = way.issuer.asked
    way.issuer.asked[code]["code_challenge"] = "of another browser"
    taken_back = await way.back(address)
    assert (taken_back.status_code, "invalid_grant" in taken_back.text) == (401, True)
    denied = await way.person.get(f"/desk/oidc/back?{urlsplit(await way.there()).query.replace('code=', 'error=')}")
    assert (denied.status_code, "let nobody in" in denied.text) == (401, True)
    assert (await way.there("https://elsewhere.example/")).startswith(PUBLIC)


async def test_words_typed_while_the_session_ended_are_kept_by_who_signs_in_elsewhere(home: House, way: Way) -> None:
    order = await home.strangers_order(status="delivered", refunded=False)
    case = await home.open(order.customer_id, "I want to speak to a person, please.")
    act = f"/desk/cases/{case.case_id}/act"
    ended = await way.person.post(act, data={"action": "reply", "text": "I was writing this", "once": "o-1"})
    assert ended.status_code == 401
    assert 'target="_blank"' in ended.text
    way.issuer.says = {"email": "bea"}
    await way.back(await way.there())
    kept = {"key": "", "to": f"/desk/cases/{case.case_id}", "case_id": case.case_id, "text": "I was writing this"}
    gone_on = await way.person.post("/desk/sign-in", data=kept)
    assert gone_on.status_code == 303
    drafts = "select text from handrail.desk_drafts where case_id = %(case_id)s"
    assert await home.rows(drafts, case_id=case.case_id) == [("I was writing this",)]


def test_a_desk_that_is_half_a_client_says_what_is_missing(home: House) -> None:
    for changes, said in (
        ({"desk_oidc_client": "desk"}, "HANDRAIL_PUBLIC_URL"),
        (
            {
                "desk_oidc_client": "desk",
                "api_oidc_issuer": "http://i",
                "public_url": "http://d",
                "desk_oidc_scopes": "everything",
            },
            "HANDRAIL_DESK_OIDC_SCOPES",
        ),
    ):
        with pytest.raises(InvalidInput, match=said):
            federated(home.settings.model_copy(update=changes))
