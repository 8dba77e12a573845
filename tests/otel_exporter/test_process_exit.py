"""However a process ends that gets the chance, what waits is sent first."""

from __future__ import annotations

import signal
import subprocess
import threading
from pathlib import Path

import pytest

from tests.otel_exporter.agents import PREFACE, run_agent, start_agent, stored
from tests.otel_exporter.receivers import Answer, Receiver
from tests.support.people import Person

_PATIENCE = 60
WAITING = """
with tracer.start_as_current_span("running"):
    span("ended")
    print("ready", flush=True)
    time.sleep(60)
"""
FLUSHED = {"running": "running", "ended": "ok"}


def stop(agent: subprocess.Popen[str], sign: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
    """Send the signal once the agent is ready, and wait for the end of it."""
    with agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == "ready\n"
        agent.send_signal(sign)
        return agent.communicate(timeout=_PATIENCE)


def test_the_end_of_a_program(person: Person, tmp_path: Path) -> None:
    """Threads of its own are waited for, and nothing is printed."""
    out, err = run_agent(
        person,
        tmp_path,
        """
        def work():
            time.sleep(0.1)
            span("thread")
        threading.Thread(target=work).start()
        span("main")
        """,
    )
    assert (out, err) == ("", "")
    assert stored(person) == {"main": "ok", "thread": "ok"}


def test_an_exit_handler_of_the_agent(person: Person, tmp_path: Path) -> None:
    """One that is registered later runs before, and its spans are sent."""
    run_agent(
        person,
        tmp_path,
        """
        import atexit
        atexit.register(span, "at exit")
        sys.exit(0)
        """,
    )
    assert stored(person) == {"at exit": "ok"}


def test_the_first_span_at_the_very_end(person: Person, tmp_path: Path) -> None:
    """When no thread can be started any more, from Python 3.12 on."""
    run_agent(
        person,
        tmp_path,
        """
        import atexit
        atexit.register(span, "first and last")
        """,
    )
    assert stored(person) == {"first and last": "ok"}


def test_an_exception_that_nobody_catches(person: Person, tmp_path: Path) -> None:
    """The span that it left says so."""
    _, err = run_agent(
        person,
        tmp_path,
        """
        with tracer.start_as_current_span("fails"):
            raise ValueError("no such city")
        """,
        status=1,
    )
    assert err.rstrip().endswith("ValueError: no such city")
    assert stored(person) == {"fails": "error"}


def test_sigterm(person: Person, tmp_path: Path) -> None:
    """What ended is sent, what runs is sent as running, and the agent dies of the signal."""
    agent = start_agent(person, tmp_path, WAITING)
    assert stop(agent) == ("", "")
    assert agent.returncode == -signal.SIGTERM
    assert stored(person) == FLUSHED


def test_sigint(person: Person, tmp_path: Path) -> None:
    """Ctrl-C is an exception, and so the end of an ordinary program."""
    # Python leaves it ignored where it was, as shells have it for what runs in the background.
    heed = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    agent = start_agent(person, tmp_path, WAITING, preface=heed + PREFACE)
    _, err = stop(agent, signal.SIGINT)
    assert err.rstrip().endswith("KeyboardInterrupt")
    # Python forgets what it was if modules that evaluate text are imported at the end.
    assert agent.returncode in (-signal.SIGINT, 1)
    assert stored(person) == {"running": "ok", "ended": "ok"}


def test_sigterm_while_the_agent_holds_locks(person: Person, tmp_path: Path) -> None:
    """It is interrupted in the middle of recording, again and again in other places."""
    agent = start_agent(
        person,
        tmp_path,
        """
        import logging
        span("early")
        print("ready", flush=True)
        while True:
            with tracer.start_as_current_span("busy") as busy:
                busy.set_attribute("a", "b")
                busy.add_event("c")
                logging.getLogger("agent").debug("busy")
        """,
        AUDITTRAIL_LIVE="false",
        OTEL_BSP_MAX_QUEUE_SIZE="3",
    )
    stop(agent)
    assert agent.returncode == -signal.SIGTERM


@pytest.mark.parametrize(
    ("owner", "method", "status"),
    [
        ("audittrail.otel_exporter.worker:Worker", "stop", "ok"),
        ("audittrail.otel_exporter.processor:AuditTrailSpanProcessor", "shutdown", "ok"),
        ("threading:Thread", "start", "running"),
    ],
)
def test_sigterm_at_the_beginning_of_the_end(
    person: Person, tmp_path: Path, owner: str, method: str, status: str
) -> None:
    """What the main thread has begun is brought to its end, and is not waited for in vain."""
    agent = start_agent(
        person,
        tmp_path,
        f"""
        import signal
        import pkgutil
        owner = pkgutil.resolve_name("{owner}")
        method = owner.{method}
        def interrupted(*args, **kwargs):
            owner.{method} = method
            os.kill(os.getpid(), signal.SIGTERM)
            return method(*args, **kwargs)
        owner.{method} = interrupted
        span("only")
        """,
    )
    with agent:
        agent.communicate(timeout=_PATIENCE)
    assert agent.returncode == -signal.SIGTERM
    assert stored(person) == {"only": status}


def test_sigterm_in_an_asyncio_agent(person: Person, tmp_path: Path) -> None:
    """Its loop waits for nothing but the signal."""
    agent = start_agent(
        person,
        tmp_path,
        """
        import asyncio
        async def step(name):
            with tracer.start_as_current_span(name):
                await asyncio.sleep(0)
        async def main():
            with tracer.start_as_current_span("running"):
                await asyncio.gather(step("one"), step("two"))
                print("ready", flush=True)
                await asyncio.sleep(60)
        asyncio.run(main())
        """,
    )
    assert stop(agent) == ("", "")
    assert agent.returncode == -signal.SIGTERM
    assert stored(person) == {"running": "running", "one": "ok", "two": "ok"}


@pytest.mark.parametrize(
    "preface",
    [
        "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n" + PREFACE,
        PREFACE + "import signal\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n",
    ],
    ids=["before", "after"],
)
def test_a_handler_of_the_agents_own_is_kept(person: Person, tmp_path: Path, preface: str) -> None:
    """Whether it was there before or comes later."""
    agent = start_agent(person, tmp_path, WAITING, preface=preface)
    stop(agent)
    assert agent.returncode == 7
    assert stored(person) == {"running": "ok", "ended": "ok"}


def test_a_signal_that_the_agent_ignores_stays_ignored(person: Person, tmp_path: Path) -> None:
    """As an agent may wish that its supervisor starts."""
    run_agent(
        person,
        tmp_path,
        """
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
        os.kill(os.getpid(), signal.SIGTERM)
        """,
        preface="import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PREFACE,
    )


def test_the_first_process_of_a_container_lives_on(person: Person, tmp_path: Path) -> None:
    """The kernel does not let SIGTERM end it by default, so it must be able to send more."""
    run_agent(
        person,
        tmp_path,
        """
        real, os.getpid = os.getpid(), lambda: 1
        with tracer.start_as_current_span("running"):
            span("before")
            os.kill(real, signal.SIGTERM)
            time.sleep(0)
            span("after")
        os.getpid = lambda: real
        """,
        preface="import signal\n" + PREFACE,
    )
    assert stored(person) == {"running": "ok", "before": "ok", "after": "ok"}


def test_configured_in_a_thread(person: Person, tmp_path: Path) -> None:
    """Python lets only the main thread handle signals; the agent dies of it as it did before."""
    agent = start_agent(
        person,
        tmp_path,
        """
        thread = threading.Thread(target=configure)
        thread.start()
        thread.join()
        print("ready", flush=True)
        time.sleep(60)
        """,
        preface="import threading, time\nfrom audittrail.otel_exporter import configure\n",
    )
    assert stop(agent) == ("", "")
    assert agent.returncode == -signal.SIGTERM


def test_sigterm_in_the_middle_of_the_end(person: Person, tmp_path: Path, web: Receiver) -> None:
    """The agent is sending the last of its spans already, and goes on with it."""
    answer = Answer(until=threading.Event())
    web.answers.append(answer)
    agent = start_agent(
        person,
        tmp_path,
        """
        span("one")
        span("two")
        """,
        AUDITTRAIL_ENDPOINT=web.endpoint,
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE="1",
    )
    with agent:
        web.wait_for(1)
        agent.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            agent.wait(0.2)
        assert answer.until is not None
        answer.until.set()
        assert agent.wait(_PATIENCE) == -signal.SIGTERM
    assert web.names == ["one", "two"]


def test_sigterm_while_the_server_hangs(person: Person, tmp_path: Path, web: Receiver) -> None:
    """The agent ends all the same, and another SIGTERM makes it end at once."""
    for _ in range(20):
        web.answers.append(Answer(until=threading.Event()))
    agent = start_agent(person, tmp_path, WAITING, AUDITTRAIL_ENDPOINT=web.endpoint)
    with agent:
        assert agent.stdout is not None
        assert agent.stdout.readline() == "ready\n"
        agent.send_signal(signal.SIGTERM)
        web.wait_for(1)
        assert agent.poll() is None
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(_PATIENCE) == -signal.SIGTERM
