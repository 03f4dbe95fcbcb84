"""Addresses at which the processes of one stack serve their figures, each at one of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handrail.embedded.process import StackFailed

VARIABLES = {
    "worker": "HANDRAIL_METRICS_ADDRESS",
    "api": "HANDRAIL_API_METRICS_ADDRESS",
    "mail": "HANDRAIL_MAIL_METRICS_ADDRESS",
}
"""The variable that says where a kind of process serves."""
APART = 10
"""Each further worker serves so many ports above the one before; those between are left to the others."""
HIGHEST = 65_535


def addresses_of(named: Mapping[str, str], workers: Sequence[str], *, mail: bool) -> dict[str, str]:
    """Return HOST:PORT of each process, by its name; `named` is what was asked for, by the keys of `VARIABLES`.

    Raises:
        StackFailed: two processes would have one address, or a worker's would be no port.
    """
    kinds = {**dict.fromkeys(workers, "worker"), "api": "api", **({"mail": "mail"} if mail else {})}
    found: dict[str, str] = {}
    for name, kind in kinds.items():
        if kind not in named:
            continue
        host, port = split(named[kind])
        port += APART * workers.index(name) if kind == "worker" else 0
        if port > HIGHEST:
            raise StackFailed(f"{VARIABLES[kind]}: {name} would serve at port {port}, and there is none. Name a lower one.")
        taken = next((other for other, there in found.items() if split(there)[1] == port), None)
        if taken:
            raise StackFailed(
                f"{VARIABLES[kind]}: {name} and {taken} would both serve at port {port}. Name another; "
                f"each further worker takes the port {APART} above."
            )
        found[name] = f"{host}:{port}"
    return found


def variable_of(name: str) -> str:
    """Return the variable that says where the process of this name serves."""
    return VARIABLES.get(name, VARIABLES["worker"])


def split(address: str) -> tuple[str, int]:
    """Return the host and the port of an address of the settings."""
    host, _, port = address.rpartition(":")
    return host, int(port)
