"""Requests to other systems: only to hosts that the installation allows, connected to the very address that was checked (R8).

WEBHOOK_HOSTS lists the names that may be called (`mes.example.com`, with a port where it is not the usual one:
`mes.example.com:8443`). A name that leads to an address inside the house is refused unless WEBHOOK_PRIVATE_HOSTS lists it too.
Redirects are not followed. Of the answer only the status is read, and all of it has to happen within one deadline: a time-out
per read would let a receiver hold us for hours, a byte at a time.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import InvalidInput

TIMEOUT_SECONDS = 5.0
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Target:
    """An address that passed the check: where to connect, and what to ask for."""

    scheme: str
    host: str
    port: int
    path: str
    address: str = ""


def _refused(reason: str) -> InvalidInput:
    return InvalidInput("address_not_allowed", _("This address may not be called ({reason})."), field="url", reason=reason)


def check_url(url: str) -> Target:
    """Take an address apart and check it against the lists, without any look-up of names.

    Raises:
        InvalidInput: ``address_not_allowed``.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused("not readable") from error
    host = (parts.hostname or "").lower()
    if parts.scheme not in _PORTS or not host or not url.isascii() or any(char <= " " or char == "\\" for char in url):
        raise _refused("only http and https")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("no log-in and no fragment")
    named = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    if named not in settings.WEBHOOK_HOSTS:
        raise _refused("not in WEBHOOK_HOSTS")
    if parts.scheme == "http" and named not in settings.WEBHOOK_PRIVATE_HOSTS:
        raise _refused("https only")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def resolve(target: Target) -> Target:
    """Look the name up; every address it leads to has to be allowed, the first is used.

    Raises:
        InvalidInput: one of them lies inside the house; OSError: the name is not known.
    """
    named = target.host if target.port == _PORTS[target.scheme] else f"{target.host}:{target.port}"
    found = [str(info[4][0]) for info in socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)]
    if named not in settings.WEBHOOK_PRIVATE_HOSTS and not all(is_public(address) for address in found):
        raise _refused("leads inside the house")
    return Target(target.scheme, target.host, target.port, target.path, found[0])


def is_public(address: str) -> bool:
    """Say whether an address belongs to the public internet, also when it is an IPv4 address dressed as IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    plain = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
    return plain.is_global and not plain.is_multicast


def post_json(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """POST to an allowed address and give back the status; 3xx is given back as it is, not followed.

    Raises:
        InvalidInput: the address is not allowed (any more). OSError, http.client.HTTPException: it could not be reached.
    """
    target = resolve(check_url(url))
    connection = _Pinned(target)
    try:
        connection.request("POST", target.path, body=body, headers={"Content-Type": "application/json", **headers})
        return connection.getresponse().status
    finally:
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever the name leads to by now; TLS still proves the name."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=TIMEOUT_SECONDS)
        self._target = target
        self._held: socket.socket | None = None
        self._deadline: threading.Timer | None = None

    def connect(self) -> None:
        plain = socket.create_connection((self._target.address, self._target.port), TIMEOUT_SECONDS)
        self._start_deadline(plain)
        if self._target.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self._target.host)
        else:
            self.sock = plain

    def _start_deadline(self, plain: socket.socket) -> None:
        """End the connection when the time is up, whatever is being waited for; a second handle on it outlives the hand-over to TLS."""
        self._held = held = plain.dup()

        def end() -> None:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

        self._deadline = threading.Timer(TIMEOUT_SECONDS, end)
        self._deadline.daemon = True
        self._deadline.start()

    def close(self) -> None:
        super().close()
        if self._deadline is not None and self._held is not None:
            self._deadline.cancel()
            self._deadline.join()
            self._held.close()
            self._deadline = self._held = None
