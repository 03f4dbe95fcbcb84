"""Callers as routes ask for them: `caller: Writer` is a principal with the scope, or the request is refused by its name."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from handrail.domain.access.principals import ApiScope, NotAuthenticated, Principal, ScopeMissing


class Bearer(HTTPBearer):
    """The bearer of a request, whom the gate has let in."""

    async def __call__(self, request: Request, wanted: SecurityScopes) -> Principal:  # type: ignore[override]
        """Return who calls.

        Raises:
            NotAuthenticated: the gate let nobody in.
            ScopeMissing: the caller lacks one of the scopes.
        """
        found = principal(request)
        for scope in wanted.scopes:
            check_scope(found, ApiScope(scope))
        return found


def principal(request: Request) -> Principal:
    """Return who calls. Raises: NotAuthenticated: the gate let nobody in."""
    found: Principal | None = getattr(request.state, "principal", None)
    if found is None:
        raise NotAuthenticated("Nobody is known here. Send `Authorization: Bearer` with a key.")
    return found


_bearer = Bearer(scheme_name="bearer", description="an API key (`hr_…`), a customer's token, or an OIDC token")


def check_scope(found: Principal, scope: ApiScope) -> None:
    """Check that the caller has the scope. Raises: ScopeMissing."""
    if not found.may(scope):
        raise ScopeMissing(f"This takes the scope {scope}, which the caller lacks. {_remedy(found, scope)}")


Anybody = Annotated[Principal, Security(_bearer)]
Writer = Annotated[Principal, Security(_bearer, scopes=[ApiScope.CASES_WRITE])]
Reader = Annotated[Principal, Security(_bearer, scopes=[ApiScope.CASES_READ])]
Handler = Annotated[Principal, Security(_bearer, scopes=[ApiScope.CASES_HANDLE])]
Decider = Annotated[Principal, Security(_bearer, scopes=[ApiScope.APPROVALS_DECIDE])]
QueueReader = Annotated[Principal, Security(_bearer, scopes=[ApiScope.QUEUE_READ])]
ControlsReader = Annotated[Principal, Security(_bearer, scopes=[ApiScope.CONTROLS_READ])]
ControlsSetter = Annotated[Principal, Security(_bearer, scopes=[ApiScope.CONTROLS_SET])]
Minter = Annotated[Principal, Security(_bearer, scopes=[ApiScope.TOKENS_MINT])]
Settling = Annotated[Principal, Security(_bearer, scopes=[ApiScope.EFFECTS_SETTLE])]
Merger = Annotated[Principal, Security(_bearer, scopes=[ApiScope.CUSTOMERS_MERGE])]
WebhookManager = Annotated[Principal, Security(_bearer, scopes=[ApiScope.WEBHOOKS_MANAGE])]


async def staff(caller: Reader) -> Principal:
    """Return the caller, who is no customer. Raises: ScopeMissing."""
    if caller.customer_id is not None:
        raise ScopeMissing("This is for the house's own callers; a customer's token never has it.")
    return caller


async def merger(caller: Merger) -> Principal:
    """Return the caller, who knows which customers are one person: neither a customer nor an agent. Raises: ScopeMissing."""
    if caller.customer_id is not None or caller.is_agent:
        raise ScopeMissing("This is for a backend that knows its customers; no customer and no agent says who they are.")
    return caller


async def settler(caller: Settling) -> Principal:
    """Return the caller, who has looked what became of an effect: neither a customer nor an agent. Raises: ScopeMissing."""
    if caller.customer_id is not None or caller.is_agent:
        raise ScopeMissing("This is for people of the house; no customer and no agent says whether an effect was made.")
    return caller


async def concerned(caller: Anybody) -> Principal:
    """Return the caller, who decides or works on cases. Raises: ScopeMissing."""
    if not caller.may(ApiScope.CASES_HANDLE):
        check_scope(caller, ApiScope.APPROVALS_DECIDE)
    return caller


def named(caller: Principal) -> str:
    """Return whom the caller stands for. Raises: ScopeMissing: for nobody by name."""
    if caller.person is None:
        raise ScopeMissing("This takes somebody by name: a key made with --person NAME, or a token that names its person.")
    return caller.person


def _remedy(found: Principal, scope: str) -> str:
    if found.customer_id is not None:
        return "A customer's token never has it; let the backend do it with its own key."
    return f"Make a key with it: handrail keys create --scope {scope}."


Staff = Annotated[Principal, Depends(staff)]
Settler = Annotated[Principal, Depends(settler)]
KinKeeper = Annotated[Principal, Depends(merger)]
Concerned = Annotated[Principal, Depends(concerned)]
