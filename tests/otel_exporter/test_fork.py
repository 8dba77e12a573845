"""Children of an agent: each sends its own spans, and nobody's else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.otel_exporter.agents import PREFACE, eventually_stored, run_agent, stored
from tests.support.people import Person


def ok(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "ok")


def test_forks(person: Person, tmp_path: Path) -> None:
    """The child ends as a program does, and so does its own child; spans of the parent that wait
    are sent by the parent."""
    run_agent(
        person,
        tmp_path,
        """
        span("before")
        pid = os.fork()
        if pid == 0:
            span("child")
            grandchild = os.fork()
            if grandchild == 0:
                span("grandchild")
                sys.exit(0)
            assert os.waitpid(grandchild, 0)[1] == 0
            span("child again")
            sys.exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        span("after")
        """,
    )
    assert stored(person) == ok("before", "child", "grandchild", "child again", "after")


def test_a_span_around_a_fork_is_the_parents(person: Person, tmp_path: Path) -> None:
    """The child leaves the block too, by an exception even, which says nothing of the parent."""
    run_agent(
        person,
        tmp_path,
        """
        with tracer.start_as_current_span("around"):
            pid = os.fork()
            if pid == 0:
                span("child")
                raise SystemExit(3)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3
        """,
    )
    assert stored(person) == ok("around", "child")


def test_a_daemon_ends_what_it_began(person: Person, tmp_path: Path) -> None:
    """The parent is gone before the child ends the span that the parent started."""
    run_agent(
        person,
        tmp_path,
        """
        with tracer.start_as_current_span("service"):
            if os.fork():
                os._exit(0)
            while os.getppid() == parent:
                time.sleep(0.01)
            span("work")
        """,
        preface="import os\nparent = os.getpid()\n" + PREFACE,
    )
    eventually_stored(person, "service", "work")


def test_a_fork_while_threads_record(person: Person, tmp_path: Path) -> None:
    """Whatever they were at, the children work."""
    run_agent(
        person,
        tmp_path,
        """
        stop = threading.Event()
        def record():
            while not stop.wait(0.0001):
                tracer.start_span("forgotten")
        threads = [threading.Thread(target=record) for _ in range(3)]
        for each in threads: each.start()
        for number in range(10):
            pid = os.fork()
            if pid == 0:
                span(f"child {number}")
                sys.exit(0)
            assert os.waitpid(pid, 0)[1] == 0
        stop.set()
        for each in threads: each.join()
        """,
        AUDITTRAIL_LIVE="false",
    )
    assert stored(person) == ok(*(f"child {number}" for number in range(10)))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(person: Person, tmp_path: Path, method: str) -> None:
    """A process, its own child, and the workers of a pool, which all end without an interpreter's
    usual end."""
    run_agent(
        person,
        tmp_path,
        f"""
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        def inner():
            span("inner")
        def outer():
            span("outer")
            child = methods.Process(target=inner)
            child.start()
            child.join()
            assert child.exitcode == 0
        def task(number):
            span(f"task {{number}}")
            return number
        methods = multiprocessing.get_context("{method}")
        if __name__ == "__main__":
            span("before")
            child = methods.Process(target=outer)
            child.start()
            child.join()
            assert child.exitcode == 0
            with ProcessPoolExecutor(2, methods) as pool:
                assert list(pool.map(task, range(4))) == [0, 1, 2, 3]
        """,
    )
    assert stored(person) == ok("before", "outer", "inner", *(f"task {n}" for n in range(4)))


def test_a_pool_that_is_terminated(person: Person, tmp_path: Path) -> None:
    """Its workers get SIGTERM in the end."""
    run_agent(
        person,
        tmp_path,
        """
        import multiprocessing
        def task(number):
            span(f"task {number}")
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map(task, range(4))
        """,
    )
    assert stored(person) == ok(*(f"task {number}" for number in range(4)))


def test_a_child_that_is_terminated_at_once(person: Person, tmp_path: Path) -> None:
    """SIGTERM ends a child also before it runs a line of Python, as it would without tracing."""
    run_agent(
        person,
        tmp_path,
        """
        import os, signal, time
        span("before")
        for _ in range(50):
            child = os.fork()
            if not child:
                time.sleep(60)
                os._exit(0)
            os.kill(child, signal.SIGTERM)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
        """,
    )
    assert stored(person) == ok("before")


def test_configured_in_the_child(person: Person, tmp_path: Path) -> None:
    """Each process for itself, as the parent does not trace."""
    run_agent(
        person,
        tmp_path,
        """
        import multiprocessing
        def task():
            from audittrail.otel_exporter import configure, get_tracer
            configure()
            get_tracer("agent").start_span("child").end()
        child = multiprocessing.get_context("fork").Process(target=task)
        child.start()
        child.join()
        assert child.exitcode == 0
        """,
        preface="",
    )
    assert stored(person) == ok("child")


def test_billiard(person: Person, tmp_path: Path) -> None:
    """What Celery forks with: processes, and a pool whose workers skip all of the usual ends."""
    run_agent(
        person,
        tmp_path,
        """
        import billiard
        from billiard.pool import Pool
        def task(number):
            span(f"task {number}")
        def told(pid, status):
            span(f"exit with {status}")
        child = billiard.Process(target=span, args=("process",))
        child.start()
        child.join()
        assert child.exitcode == 0
        pool = Pool(1, on_process_exit=told)
        pool.map(task, range(3))
        pool.close()
        pool.join()
        """,
        PYTHONWARNINGS="ignore",
    )
    names = stored(person)
    (left,) = [name for name in names if name.startswith("exit with")]
    assert names == ok("process", "task 0", "task 1", "task 2", left)
