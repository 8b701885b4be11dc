"""R8 and RELIABILITY F145: events go to allowed hosts only, signed, at least once; nothing leads inside the house."""

import datetime as dt
import hashlib
import hmac
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from django.test import override_settings

from core.errors import InvalidInput
from core.models import OutboxEvent, Webhook, WebhookDelivery
from core.outgoing import check_url, is_public, post_json, resolve
from core.webhooks import deliver_outbox, save_webhook, secret_of
from tests.factory import NOW, Factory, build_factory

ADDRESSES = {
    "cloud metadata": "http://169.254.169.254/",
    "a port inside": "http://127.0.0.1:6379",
    "IPv4 in IPv6": "http://[::ffff:10.0.0.1]/",
    "hexadecimal": "http://0x7f000001/",
    "decimal": "http://2130706433/",
    "octal": "http://0177.0.0.1/",
    "short": "http://127.1/",
    "file": "file:///etc/passwd",
    "gopher": "gopher://mes.example.com/",
    "ftp": "ftp://mes.example.com/",
    "no scheme": "//mes.example.com/",
    "no host": "https:///x",
    "log-in": "https://user:secret@mes.example.com/",
    "log-in that looks like a host": "https://mes.example.com@evil.example/",
    "backslash": "https://evil.example\\@mes.example.com/",
    "another port": "https://mes.example.com:22/",
    "no port": "https://mes.example.com:x/",
    "huge port": "https://mes.example.com:99999/",
    "not on the list": "https://evil.example/",
    "list as ending": "https://mes.example.com.evil.example/",
    "list as beginning": "https://evil-mes.example.com/",
    "full-width": "https://ｍｅｓ.example.com/",
    "newline": "https://mes.example.com/\r\nHost: x",
    "plain http": "http://mes.example.com/",
    "empty": "",
}


@pytest.mark.parametrize("url", ADDRESSES.values(), ids=ADDRESSES)
@override_settings(WEBHOOK_HOSTS=["mes.example.com"], WEBHOOK_PRIVATE_HOSTS=[])
def test_an_address_that_may_not_be_called_is_refused_when_saved(factory: Factory, url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        save_webhook(company=factory.company, name="MES", url=url)
    assert refusal.value.code == "address_not_allowed"
    assert not Webhook.objects.exists()


def test_nothing_is_allowed_unless_it_is_listed(factory: Factory) -> None:
    with pytest.raises(InvalidInput):
        save_webhook(company=factory.company, name="MES", url="https://mes.example.com/")


INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1%eth0",
]
INSIDE += ["fc00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::"]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside(address: str) -> None:
    assert not is_public(address)


@override_settings(WEBHOOK_HOSTS=["mes.example.com"], WEBHOOK_PRIVATE_HOSTS=[])
def test_a_name_that_has_come_to_lead_inside_is_refused_when_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the name was good when it was saved; one bad address among good ones is enough."""
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.5")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: answers)
    with pytest.raises(InvalidInput):
        resolve(check_url("https://mes.example.com/hook"))


class Receiver(BaseHTTPRequestHandler):
    """Another system: keeps what it gets."""

    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []
    answers: ClassVar[list[int]] = []

    def do_POST(self) -> None:  # noqa: N802 - named by the library
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), body))
        self.send_response(self.answers.pop(0) if self.answers else 204)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[str]:
    """The address of a system in our own network that the installation allows."""
    Receiver.got.clear()
    Receiver.answers.clear()
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    named = f"localhost:{server.server_port}"
    with override_settings(WEBHOOK_HOSTS=[named], WEBHOOK_PRIVATE_HOSTS=[named]):
        yield f"http://{named}/hook?line=1"
    server.shutdown()
    server.server_close()


def happened(factory: Factory, kind: str = "shipment.posted") -> OutboxEvent:
    return OutboxEvent.objects.create(company=factory.company, kind=kind, payload={"number": "SH-1"}, created_at=NOW)


def test_an_event_arrives_signed(factory: Factory, receiver: str) -> None:
    hook = save_webhook(company=factory.company, name="CRM", url=receiver)
    event = happened(factory)
    assert deliver_outbox(at=NOW) == 1
    headers, body = Receiver.got[0]
    assert json.loads(body) == {"id": event.pk, "kind": "shipment.posted", "at": NOW.isoformat(), "data": {"number": "SH-1"}}
    expected = hmac.new(secret_of(hook).encode(), body, hashlib.sha256).hexdigest()
    assert (headers["Bihuan-Signature"], headers["Bihuan-Event"]) == (f"sha256={expected}", str(event.pk))
    assert deliver_outbox(at=NOW) == 0
    assert len(Receiver.got) == 1


def test_what_was_not_taken_is_tried_again_later(factory: Factory, receiver: str) -> None:
    save_webhook(company=factory.company, name="CRM", url=receiver)
    happened(factory)
    Receiver.answers += [500, 302]
    assert deliver_outbox(at=NOW) == 0
    assert WebhookDelivery.objects.get().last_error == "HTTP 500"
    assert deliver_outbox(at=NOW + dt.timedelta(seconds=10)) == 0
    assert len(Receiver.got) == 1
    assert deliver_outbox(at=NOW + dt.timedelta(minutes=1)) == 0, "a redirect is not followed"
    assert deliver_outbox(at=NOW + dt.timedelta(minutes=5)) == 1
    assert [json.loads(body)["id"] for _headers, body in Receiver.got] == [OutboxEvent.objects.get().pk] * 3


def test_each_hears_of_its_own_company_and_kinds_only(factory: Factory, receiver: str) -> None:
    other = build_factory("OTHER")
    save_webhook(company=factory.company, name="CRM", url=receiver, kinds=["shipment.posted"])
    for event in (happened(factory), happened(factory, "voucher.posted"), happened(other)):
        assert event.delivered_at is None
    assert deliver_outbox(at=NOW) == 1
    assert len(Receiver.got) == 1
    assert not OutboxEvent.objects.filter(delivered_at=None).exists()


@pytest.mark.parametrize("kinds", [5, "shipment.posted", {"a": 1}])
def test_one_that_wants_nonsense_does_not_hold_up_the_events_of_everybody(factory: Factory, receiver: str, kinds: Any) -> None:
    Webhook.objects.create(company=build_factory("OTHER").company, name="odd", url=receiver, kinds=kinds)
    OutboxEvent.objects.create(company=Webhook.objects.get().company, kind="shipment.posted", payload={}, created_at=NOW)
    save_webhook(company=factory.company, name="CRM", url=receiver)
    happened(factory)
    assert deliver_outbox(at=NOW) == 1
    assert not OutboxEvent.objects.filter(delivered_at=None).exists()


def test_a_host_that_is_struck_off_the_list_gets_nothing_more(factory: Factory, receiver: str) -> None:
    save_webhook(company=factory.company, name="CRM", url=receiver)
    happened(factory)
    with override_settings(WEBHOOK_HOSTS=[]):
        assert deliver_outbox(at=NOW) == 0
    assert not Receiver.got
    assert "WEBHOOK_HOSTS" in WebhookDelivery.objects.get().last_error


def test_one_that_is_not_there_does_not_hold_up_the_others(factory: Factory, receiver: str) -> None:
    with override_settings(WEBHOOK_HOSTS=["localhost:1", *_hosts(receiver)], WEBHOOK_PRIVATE_HOSTS=["localhost:1", *_hosts(receiver)]):
        save_webhook(company=factory.company, name="gone", url="http://localhost:1/")
        save_webhook(company=factory.company, name="CRM", url=receiver)
        happened(factory)
        assert deliver_outbox(at=NOW) == 1
    assert "Error" in WebhookDelivery.objects.get(webhook__name="gone").last_error


@pytest.fixture
def dripping() -> Iterator[str]:
    """The address of a system that answers a byte at a time, and never comes to an end."""
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        caller, _address = listener.accept()
        with caller, suppress(OSError):
            caller.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not stop.wait(0.01):
                caller.sendall(b"x")

    server = threading.Thread(target=drip, daemon=True)
    server.start()
    named = f"localhost:{listener.getsockname()[1]}"
    with override_settings(WEBHOOK_HOSTS=[named], WEBHOOK_PRIVATE_HOSTS=[named]):
        yield f"http://{named}/"
    stop.set()
    server.join()
    listener.close()


def test_p23_the_time_counts_for_the_whole_answer(dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.outgoing.TIMEOUT_SECONDS", 0.2)
    began = time.monotonic()
    with suppress(OSError, http.client.HTTPException):
        post_json(dripping, b"{}", {})
    assert time.monotonic() - began < 5


def _hosts(url: str) -> list[str]:
    return [url.split("/")[2]]


def test_a_certificate_for_another_name_is_no_proof(receiver: str) -> None:
    with override_settings(WEBHOOK_HOSTS=_hosts(receiver)), pytest.raises(OSError):
        post_json(receiver.replace("http://", "https://"), b"{}", {})
