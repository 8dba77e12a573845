"""What an answer of a receiver means, over HTTP and over gRPC."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import grpc
import pytest

from audittrail.otel_exporter.delivery.transport import (
    Delivered,
    Outcome,
    Refused,
    Retry,
    TooLarge,
    Transport,
    make_transport,
)
from audittrail.otel_exporter.settings import Settings
from tests.otel_exporter.receivers import TOO_LARGE, Answer, Receiver
from tests.support.otlp import new_trace_id, span, traces_request

KEY = "sk-at-384327abcdefghijklmnop"
BODY = traces_request(span(new_trace_id()))
Code = grpc.StatusCode


@pytest.fixture
def transport(receiver: Receiver) -> Iterator[Transport]:
    made = make_transport(Settings.read(api_key=KEY, **receiver.settings()))
    yield made
    made.close()


def outcome(transport: Transport, receiver: Receiver, answer: Answer) -> Outcome:
    receiver.answers.append(answer)
    return transport.send(BODY, 30)


def test_a_success_is_delivered(transport: Transport, receiver: Receiver) -> None:
    """With the key, and the name of the client."""
    assert transport.send(BODY, 30) == Delivered()
    assert receiver.headers[0]["authorization"] == f"Bearer {KEY}"
    assert receiver.headers[0]["user-agent"].startswith("audittrail-otel-python/")
    assert receiver.kept[0].SerializeToString() == BODY


def test_a_partial_success_says_how_many_and_why(transport: Transport, receiver: Receiver) -> None:
    answer = Answer(rejected=1, message="its id is zero")
    assert outcome(transport, receiver, answer) == Delivered(1, "its id is zero")


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
def test_http_statuses_that_pass(web: Receiver, status: int) -> None:
    """They, and no others, are tried again; with the words of the server for the log."""
    transport = make_transport(Settings.read(**web.settings()))
    made = outcome(transport, web, Answer(status, message="the disk is slow"))
    transport.close()
    assert made == Retry(f"the server answered {status}: the disk is slow")


@pytest.mark.parametrize("receiver", ["grpc"], indirect=True)
@pytest.mark.parametrize(
    "code",
    [
        Code.CANCELLED,
        Code.DEADLINE_EXCEEDED,
        Code.ABORTED,
        Code.OUT_OF_RANGE,
        Code.UNAVAILABLE,
        Code.DATA_LOSS,
    ],
)
def test_grpc_statuses_that_pass(transport: Transport, receiver: Receiver, code: Code) -> None:
    made = outcome(transport, receiver, Answer(grpc=code, message="later"))
    assert made == Retry(f"gRPC status {code.name}: later")


def test_a_server_may_name_a_time(transport: Transport, receiver: Receiver) -> None:
    """Retry-After in seconds, or a RetryInfo."""
    made = outcome(transport, receiver, Answer(503, Code.UNAVAILABLE, retry_after=7))
    assert isinstance(made, Retry)
    assert made.after == 7.0


def test_a_date_names_a_time_too(web: Receiver) -> None:
    transport = make_transport(Settings.read(**web.settings()))
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    made = outcome(transport, web, Answer(429, retry_after=when))
    transport.close()
    assert isinstance(made, Retry)
    assert made.after is not None
    assert 60 < made.after <= 100


@pytest.mark.parametrize("receiver", ["grpc"], indirect=True)
def test_an_overload_with_a_time_passes(transport: Transport, receiver: Receiver) -> None:
    """RESOURCE_EXHAUSTED means too large, unless there is a RetryInfo."""
    made = outcome(transport, receiver, Answer(grpc=Code.RESOURCE_EXHAUSTED, retry_after=2.5))
    assert isinstance(made, Retry)
    assert made.after == 2.5


def test_too_large(transport: Transport, receiver: Receiver) -> None:
    assert isinstance(outcome(transport, receiver, TOO_LARGE), TooLarge)


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (Answer(401, Code.UNAUTHENTICATED), "the API key sk-at-384327... is not valid"),
        (Answer(403, Code.PERMISSION_DENIED), "the API key sk-at-384327... may not send spans"),
    ],
)
def test_a_wrong_key_is_named_by_its_beginning(
    transport: Transport, receiver: Receiver, answer: Answer, advice: str
) -> None:
    """Enough to find it, and not the secret; and with the variable to set."""
    made = outcome(transport, receiver, answer)
    assert isinstance(made, Refused)
    assert advice in made.reason
    assert "AUDITTRAIL_API_KEY" in made.reason
    assert KEY not in made.reason


def test_a_missing_key_is_asked_for(receiver: Receiver) -> None:
    transport = make_transport(Settings.read(**receiver.settings()))
    made = outcome(transport, receiver, Answer(401, Code.UNAUTHENTICATED))
    transport.close()
    assert isinstance(made, Refused)
    assert "it wants an API key; set AUDITTRAIL_API_KEY" in made.reason


@pytest.mark.parametrize("status", [404, 405])
def test_what_is_no_receiver_is_said_to_be_none(
    transport: Transport, receiver: Receiver, status: int
) -> None:
    """With the addresses where AuditTrail has one."""
    made = outcome(transport, receiver, Answer(status, Code.UNIMPLEMENTED))
    assert isinstance(made, Refused)
    assert "is not an OTLP receiver" in made.reason
    assert "http://localhost:4318/v1/traces" in made.reason


def test_a_web_page_is_no_receiver_either(web: Receiver) -> None:
    """What answers everything with a page has not stored a span."""
    transport = make_transport(Settings.read(**web.settings()))
    page = Answer(headers={"content-type": "text/html"}, body=b"<h1>Hello</h1>")
    made = outcome(transport, web, page)
    transport.close()
    assert isinstance(made, Refused)
    assert "is not an OTLP receiver" in made.reason


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, Code.INVALID_ARGUMENT, message="no such wire type"),
        Answer(500, Code.INTERNAL, message="no such wire type"),
        Answer(415, Code.FAILED_PRECONDITION, message="no such wire type"),
    ],
)
def test_what_will_never_succeed_is_refused(
    transport: Transport, receiver: Receiver, answer: Answer
) -> None:
    made = outcome(transport, receiver, answer)
    assert isinstance(made, Refused)
    assert "no such wire type" in made.reason


def test_an_answer_that_comes_too_late_is_tried_again(receiver: Receiver) -> None:
    released = threading.Event()
    receiver.answers.append(Answer(until=released))
    transport = make_transport(Settings.read(**receiver.settings()))
    made = transport.send(BODY, 0.2)
    released.set()
    assert isinstance(made, Retry)
    assert transport.send(BODY, 30) == Delivered()
    transport.close()


def test_nobody_there_is_tried_again(receiver: Receiver) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        settings = Settings.read(endpoint, protocol=receiver.settings()["protocol"])
        transport = make_transport(settings)
        made = transport.send(BODY, 30)
        transport.close()
    assert isinstance(made, Retry)
    assert "refused" in made.reason


def test_a_connection_cut_in_the_middle_is_tried_again(web: Receiver) -> None:
    transport = make_transport(Settings.read(**web.settings()))
    made = outcome(transport, web, Answer(cut=True))
    assert isinstance(made, Retry)
    assert transport.send(BODY, 30) == Delivered()
    transport.close()


def test_a_request_may_be_compressed(receiver: Receiver) -> None:
    transport = make_transport(Settings.read(compression="gzip", **receiver.settings()))
    assert transport.send(BODY, 30) == Delivered()
    transport.close()
    assert receiver.kept[0].SerializeToString() == BODY
    assert receiver.protocol == "grpc" or receiver.headers[0]["content-encoding"] == "gzip"
