"""The client that programs use."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from audittrail.content import to_plain
from audittrail.errors import SettingsError
from audittrail.ingestor.sender import Sender
from audittrail.ingestor.spans import Moment, Started, as_item, new_span_id, now
from audittrail.ingestor.target import find_target
from audittrail.otel_exporter.notices import Notices
from audittrail.otel_exporter.process import process_exit

if TYPE_CHECKING:
    from audittrail.ingestor.rest import RestClient

__all__ = ["AuditTrailIngestor"]

_log = logging.getLogger("audittrail.ingestor")
_TRACES: Final = "/api/v1/ingest/traces"


class AuditTrailIngestor:
    """Sends traces and spans over the REST API.

    What is not given is taken from ``AUDITTRAIL_API_KEY``, ``AUDITTRAIL_API_URL`` (or
    ``AUDITTRAIL_ENDPOINT``) and ``AUDITTRAIL_DASHBOARD_URL``. A server in local mode needs no key.

    ``register_trace`` talks to the server at once and says what is wrong. Spans are sent by a
    thread, ``batch_size`` at a time or after ``flush_interval`` seconds; the methods for them
    never wait and never raise. What waits is sent when the program ends, or by ``close``.
    """

    def __init__(
        self,
        api_key: str | None = None,
        api_url: str | None = None,
        dashboard_url: str | None = None,
        *,
        timeout: float = 10.0,
        batch_size: int = 100,
        flush_interval: float = 0.2,
    ) -> None:
        if timeout <= 0 or batch_size < 1 or flush_interval < 0:
            raise SettingsError(
                "timeout and batch_size should be more than 0, and flush_interval not less"
            )
        self._target = find_target(api_key, api_url, dashboard_url)
        self._timeout = timeout
        self._notices = Notices(_log)
        self._started = Started()
        self._sender = Sender(self._connect, batch_size, flush_interval)
        process_exit.handle_sigterm()

    @property
    def api_url(self) -> str:
        return self._target.api_url

    @property
    def dashboard_url(self) -> str:
        return self._target.dashboard_url

    @property
    def stored(self) -> int:
        """How many spans the server has stored; a running and a final version are two."""
        return self._sender.stored

    @property
    def rejected(self) -> int:
        """How many spans the server refused; the log says why."""
        return self._sender.rejected

    @property
    def dropped(self) -> int:
        """How many spans could not be sent."""
        return self._sender.dropped

    def describe_key(self) -> str:
        """For people to read: ``API key configured (sk-at-384327...)``."""
        if self._target.shown is None:
            return "No API key; a server in local mode needs none"
        return f"API key configured ({self._target.shown})"

    def trace_url(self, trace_id: str) -> str:
        """Where to watch the trace."""
        return f"{self._target.dashboard_url}/traces/{trace_id}"

    def register_trace(
        self,
        name: str | None = None,
        agent_name: str | None = None,
        environment: str | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        trace_id: str | None = None,
        *,
        harmless: bool = False,
    ) -> str:
        """Say what a trace is about, before or after its spans. Returns its id.

        It waits for the answer, and raises one of ``audittrail.errors`` with what to do:
        Unavailable if no server answers, NotAuthenticated or NotPermitted for the key,
        SettingsError for the URL, InvalidInput for the rest. With ``harmless`` it logs that
        instead.
        """
        trace_id = str(trace_id or uuid.uuid4().hex)
        said = {
            "trace_id": trace_id,
            "name": name,
            "agent_name": agent_name,
            "environment": environment,
            "session_id": session_id,
            "user_id": user_id,
            "metadata": metadata,
        }
        trace = {key: value for key, value in said.items() if value is not None}
        try:
            self._post_trace(trace)
        except Exception as error:
            if not harmless:
                raise
            self._notices.warning("The trace was not registered: %s", error)
        return trace_id

    def send_running(
        self,
        *,
        trace_id: str,
        name: str,
        span_type: str = "custom",
        span_id: str | None = None,
        parent_span_id: str | None = None,
        start_time: Moment | None = None,
        input: Any = None,  # noqa: A002 - what the field is called
        model: str | None = None,
        provider: str | None = None,
        tool_calls: Sequence[Mapping[str, Any]] | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        agent_name: str | None = None,
        environment: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> str:
        """A span that has started. Returns its id, for ``send_complete`` and for its children."""
        span = {
            "span_id": str(span_id or new_span_id()),
            "trace_id": trace_id,
            "parent_span_id": parent_span_id,
            "name": name,
            "span_type": span_type,
            "start_time": now() if start_time is None else start_time,
            "status": "running",
            "input": input,
            "model": model,
            "provider": provider,
            "tool_calls": tool_calls,
            "session_id": session_id,
            "user_id": user_id,
            "agent_name": agent_name,
            "environment": environment,
            "attributes": attributes,
        }
        self._started.keep(span)
        return self._send(span)

    def send_complete(
        self,
        *,
        span_id: str | None = None,
        trace_id: str | None = None,
        name: str | None = None,
        span_type: str | None = None,
        parent_span_id: str | None = None,
        start_time: Moment | None = None,
        end_time: Moment | None = None,
        status: str = "ok",
        status_message: str | None = None,
        input: Any = None,  # noqa: A002 - what the field is called
        output: Any = None,
        model: str | None = None,
        provider: str | None = None,
        tokens_in: int | None = None,
        tokens_out: int | None = None,
        tokens_cached: int | None = None,
        tokens_cache_write: int | None = None,
        tokens_reasoning: int | None = None,
        ttft_ms: float | None = None,
        cost: float | None = None,
        tool_calls: Sequence[Mapping[str, Any]] | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        agent_name: str | None = None,
        environment: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        events: Sequence[Mapping[str, Any]] | None = None,
        links: Sequence[Mapping[str, Any]] | None = None,
    ) -> str:
        """A span that has ended, with ``status`` ok or error. Returns its id.

        What ``send_running`` was told need not be said again; else ``trace_id``, ``name`` and
        ``start_time`` must be given here.
        """
        span_id = str(span_id or new_span_id())
        before = self._started.take(span_id)
        span = {
            "span_id": span_id,
            "trace_id": trace_id or before.get("trace_id"),
            "parent_span_id": parent_span_id or before.get("parent_span_id"),
            "name": name or before.get("name"),
            "span_type": span_type or before.get("span_type"),
            "start_time": before.get("start_time") if start_time is None else start_time,
            "end_time": now() if end_time is None else end_time,
            "status": status,
            "status_message": status_message,
            "input": input,
            "output": output,
            "model": model,
            "provider": provider,
            "tokens_in": tokens_in,
            "tokens_out": tokens_out,
            "tokens_cached": tokens_cached,
            "tokens_cache_write": tokens_cache_write,
            "tokens_reasoning": tokens_reasoning,
            "ttft_ms": ttft_ms,
            "cost": cost,
            "tool_calls": tool_calls,
            "session_id": session_id,
            "user_id": user_id,
            "agent_name": agent_name,
            "environment": environment,
            "attributes": attributes,
            "events": events,
            "links": links,
        }
        return self._send(span)

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait, at most so many seconds, until the server has all spans so far, or refused
        them."""
        return self._sender.force_flush(timeout * 1e3)

    def close(self, timeout: float = 5.0) -> None:
        """Send what waits, within so many seconds, and stop."""
        self._sender.shutdown(timeout * 1e3)

    def __enter__(self) -> AuditTrailIngestor:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self) -> RestClient:
        # It brings requests, which takes a while.
        from audittrail.ingestor.rest import RestClient

        return RestClient(self._target, self._timeout)

    def _post_trace(self, trace: Mapping[str, Any]) -> None:
        body = json.dumps({"trace": to_plain(trace)}, ensure_ascii=False).encode()
        client = self._connect()
        try:
            client.post(_TRACES, body)
        finally:
            client.close()

    def _send(self, span: dict[str, Any]) -> str:
        span_id: str = span["span_id"]
        try:
            self._sender.put(as_item(span))
        except Exception as error:
            self._sender.refuse()
            self._notices.error("The span %r was not sent: %s", span.get("name"), error)
        return span_id
