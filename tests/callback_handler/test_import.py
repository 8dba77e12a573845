"""The package is there without LangChain, and says what to install."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid

import pytest

import audittrail.callback_handler
from tests.callback_handler.recorded import Recorded


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_alone_imports_nothing_of_langchain() -> None:
    """Nor anything heavy; the handler itself brings LangChain."""
    said = run(
        "import sys, audittrail.callback_handler as package\n"
        "heavy = ('langchain_core', 'langgraph', 'requests', 'grpc', 'pydantic', 'duckdb')\n"
        "print([name for name in heavy if name in sys.modules])\n"
        "package.AuditTrailCallbackHandler\n"
        "print('langchain_core' in sys.modules, 'duckdb' in sys.modules)\n"
    )
    assert said == "[]\nTrue False\n"


def test_without_langchain_the_name_says_what_to_install() -> None:
    """The error is raised where the handler is asked for, not at the import of the package."""
    said = run(
        "import sys\n"
        "sys.modules['langchain_core'] = None\n"
        "import audittrail.callback_handler\n"
        "try:\n"
        "    from audittrail.callback_handler import AuditTrailCallbackHandler\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    assert "pip install 'audittrail-otel[langchain]'" in said


def test_without_langgraph_chains_are_recorded() -> None:
    """LangGraph need not be installed."""
    said = run(
        "import sys\n"
        "sys.modules['langgraph'] = None\n"
        "from audittrail.callback_handler import AuditTrailCallbackHandler\n"
        "from audittrail.testing import capture\n"
        "from langchain_core.runnables import RunnableLambda\n"
        "with capture() as spans:\n"
        "    config = {'callbacks': [AuditTrailCallbackHandler()]}\n"
        "    RunnableLambda(str, name='step').invoke(1, config)\n"
        "print(spans.tree())\n"
    )
    assert said == "step\n"


def test_the_package_names_what_it_has() -> None:
    """The handler, and nothing that is not there."""
    assert audittrail.callback_handler.__all__ == ["AuditTrailCallbackHandler"]
    assert "AuditTrailCallbackHandler" in dir(audittrail.callback_handler)
    with pytest.raises(AttributeError, match="Nothing"):
        audittrail.callback_handler.Nothing  # noqa: B018 - that it raises is the point


def test_a_forked_child_can_use_the_handler(recorded: Recorded) -> None:
    """A lock that another thread held at the fork does not stop the child."""
    handler = recorded.handler()
    lock = handler._recorder.runs._lock
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            done.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(20)
    child = os.fork()
    if child == 0:
        handler.on_chain_start(None, "x", run_id=uuid.uuid4(), name="step")
        os._exit(len(handler._recorder.runs))
    _, status = os.waitpid(child, 0)
    done.set()
    holder.join()
    assert os.waitstatus_to_exitcode(status) == 1
