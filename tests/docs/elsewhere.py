"""Blocks that are not run as parts of their page: why, and what stands for them."""

from __future__ import annotations

from typing import Final, NamedTuple

from tests.docs.blocks import Block


class Elsewhere(NamedTuple):
    """A block of ``page`` that has ``words`` in it. ``covered`` is a test file, or a file and a
    function in it."""

    page: str
    words: str
    why: str
    covered: str


_DOCKER: Final = "needs Docker"
_SYSTEMD: Final = "needs systemd"
_OWN: Final = "has a test of its own"

_EXAMPLES: Final = "tests/examples/test_langgraph.py"
_EXPORTERS: Final = "tests/clients/test_python_exporters.py"
_GUIDE: Final = "tests/deploy/test_guide.py"
_MAPPING: Final = "tests/mapping/test_docs.py"
_ONE_PROCESS: Final = "tests/deploy/test_one_process.py"
_RULES: Final = "tests/server/test_cli_rules.py"
_VERSIONS: Final = "tests/docs/test_semantic_conventions.py::test_running_and_final_version"

# By page: words of the block, why, covered.
_ROWS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "README.md": (
        ("make demo", "installs everything", "tests/server/test_demo.py"),
        ("serve --local", "a server runs already", "tests/server/test_local_mode.py"),
        ("--host 0.0.0.0", "listens on all addresses", "tests/server/test_cli_accounts.py"),
    ),
    "docs/attribution.md": (
        ("serve --local", "a server runs already", "tests/ablation/test_runs.py"),
        ("audittrail ablate", "needs an endpoint", "tests/server/test_cli_ablate.py"),
    ),
    "docs/deployment.md": (
        ('openssl rand -hex 32)" > .env', _DOCKER, "tests/deploy/test_compose.py"),
        ("audittrail key create", _DOCKER, f"{_GUIDE}::test_account_and_key"),
        (
            "http://<this machine>:4318",
            _OWN,
            f"{_EXPORTERS}::test_environment_variables_are_all_an_agent_needs",
        ),
        ("PROXY_BEHIND=", _OWN, f"{_GUIDE}::test_addresses"),
        ("listen 443 ssl", _OWN, f"{_GUIDE}::test_web"),
        ("audittrail rm /data/backup.duckdb", _DOCKER, f"{_GUIDE}::test_backup_and_restore"),
        ("audittrail db check", _DOCKER, f"{_GUIDE}::test_while_it_runs"),
        ("audittrail db compact", _DOCKER, f"{_GUIDE}::test_while_it_runs"),
        ("audittrail db restore", _DOCKER, f"{_GUIDE}::test_backup_and_restore"),
        ("0 3 * * *", "needs cron and Docker", f"{_GUIDE}::test_backup_and_restore"),
        ("git pull", _DOCKER, f"{_GUIDE}::test_backup_and_restore"),
        ("audittrail audittrail reprice", _DOCKER, f"{_GUIDE}::test_while_it_runs"),
        ("audittrail audittrail remap", _DOCKER, f"{_GUIDE}::test_while_it_runs"),
        ("sudo useradd", "needs root", "tests/packaging/test_wheel.py"),
        ("ExecStart=", _SYSTEMD, _ONE_PROCESS),
        ("systemctl enable", _SYSTEMD, _ONE_PROCESS),
        ("proxy_pass http://127.0.0.1:3000", _OWN, _ONE_PROCESS),
    ),
    "docs/integrations/collector.md": (("docker run", _DOCKER, "tests/docs/files.py::_collector"),),
    "docs/dialects.md": (
        ("audittrail remap", "runs beside the server", "tests/server/test_cli_remap.py"),
    ),
    "docs/pricing.md": (
        ("our-own-model", _OWN, f"{_MAPPING}::test_the_example_prices_are_a_pricing_file"),
        ("audittrail reprice", "runs beside the server", "tests/server/test_cli_reprice.py"),
    ),
    "docs/rules.md": (
        ("audittrail rules apply", "runs beside the server", _RULES),
        ("audittrail check --rules", "exits with 1", f"{_RULES}::test_reports"),
        ("/api/v1/webhooks -H", _OWN, "tests/api/test_webhooks.py"),
    ),
    "docs/semantic-conventions.md": (
        ("1795435200100000000", _OWN, _VERSIONS),
        ("11 documents", _OWN, _VERSIONS),
    ),
    "examples/README.md": (
        ("pip install -r", _OWN, f"{_EXAMPLES}::test_the_agent_uses_all_seven_tools"),
        ("[LIVE] Open", _OWN, f"{_EXAMPLES}::test_the_template_is_complete"),
    ),
    "examples/langgraph-agent/README.md": (
        ("python agent.py", _OWN, f"{_EXAMPLES}::test_the_agent_uses_all_seven_tools"),
    ),
}
ELSEWHERE: Final = tuple(Elsewhere(page, *row) for page, rows in _ROWS.items() for row in rows)


def elsewhere(block: Block) -> Elsewhere | None:
    """The first entry that means this block."""
    for each in ELSEWHERE:
        if each.page == block.page and each.words in block.text:
            return each
    return None
