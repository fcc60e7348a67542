"""Whether a key would cross the open network where anybody on the way can read it.

Plain http is fit for this machine and for the network that it stands in, where model servers seldom have certificates.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from routing.providers.known import host_of, is_loopback

IN_THE_CLEAR = "http:// would show it to everybody on the way; write https:// in the base URL, or take the key out."

# Names that no public server can have (RFC 2606, 6762, 8375, and ICANN's `internal`).
_NEAR = (".local", ".lan", ".internal", ".home.arpa", ".localhost")
# What lies behind carriers and in overlay networks such as Tailscale's (RFC 6598).
_SHARED = ip_network("100.64.0.0/10")


def in_the_clear(base_url: str) -> bool:
    """Whether it is plain http to a host that may lie outside of this machine and its own network."""
    return base_url.lower().startswith("http://") and not (is_loopback(base_url) or _is_near(host_of(base_url)))


def _is_near(host: str) -> bool:
    """An address of a private network, or a name that only such a network knows."""
    try:
        address = ip_address(host)
    except ValueError:
        if host[:1].isdigit() and "." not in host:  # an address as one number: resolvers take it, nobody reads it
            return False
        return "." not in host or host.rstrip(".").endswith(_NEAR)
    return address.is_private or address in _SHARED
