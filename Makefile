# Everything a developer does. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DUCKDB_NEXT := 2.0.0
TEST_ARGS ?=
# Each worker has servers of its own, and takes over tests of another one when it has none left.
WORKERS ?= logical
# In memory where there is room and programs may run: servers under test would wait for the disk at
# each commit.
SCRATCH := $(shell [ -w /dev/shm ] && ! grep -q ' /dev/shm .*noexec' /proc/mounts && \
  [ "$$(df -Pm /dev/shm | awk 'NR == 2 {print $$4}')" -gt 6000 ] && echo PYTEST_DEBUG_TEMPROOT=/dev/shm)
PYTEST := $(SCRATCH) $(BIN)/python -m pytest -q --numprocesses=$(WORKERS) --maxprocesses=4 --dist=worksteal
SLOWEST := --durations=30 --durations-min=1
# Folders whose tests need no browser, no other program and no process but a shared server.
FAST := $(addprefix tests/,api attribution ingestor mapping otlp outbound packaging receiver rules storage testing)

.PHONY: help setup demo serve test test-fast test-slow check format docs soak fuzz mutants test-next-duckdb test-wheel bench \
  bench-attribution bench-client bench-growth bench-mapping bench-peers bench-rules bench-startup bench-truth bench-ui constraints samples screenshots clean

help: ## Say what there is.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 22

demo: $(VENV)/.demo ## Set up, then run a server, its dashboard and an agent streaming into it.
	@$(BIN)/audittrail demo

serve: $(VENV)/.server ## A server for you alone on this machine, no login.
	@$(BIN)/audittrail serve --local

test: $(VENV)/.dev ## Set up and run the tests.
	@$(PYTEST) $(SLOWEST) -m 'not slow and not wheel' $(TEST_ARGS)

test-slow: $(VENV)/.dev ## Every page's commands, demonstrations, outages, and other programs.
	@$(PYTEST) $(SLOWEST) -m 'slow and not wheel' $(TEST_ARGS)

test-fast: $(VENV)/.dev ## What most changes need: no browser, no other programs, nothing slow.
	@$(PYTEST) -m 'not long and not slow and not wheel' $(FAST)

check: $(VENV)/.dev ## Format, lint, types, import rules, packaging.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/packaging

format: $(VENV)/.dev ## Format, and mend what can be mended.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

soak: $(VENV)/.dev ## 1,000 kills under load, and an hour of watching a live trace. About three hours.
	@AUDITTRAIL_KILLS=1000 $(BIN)/python -m pytest -q tests/durability
	@AUDITTRAIL_WATCHED_SECONDS=3600 $(BIN)/python -m pytest -q tests/dashboard/test_long_live.py

fuzz: $(VENV)/.dev ## The property tests with many new examples.
	@$(BIN)/python -m pytest -q --hypothesis-profile=fuzz tests/receiver tests/storage tests/mapping tests/rules tests/attribution \
	  tests/traceable/test_content.py tests/otel_exporter/test_delivery_splitting.py \
	  tests/callback_handler/test_harmless.py tests/callback_handler/test_usage.py

test-next-duckdb: $(VENV)/.dev ## The storage tests on the next DuckDB, which is not used yet.
	@$(PIP) install --no-deps --upgrade --target .cache/duckdb-$(DUCKDB_NEXT) duckdb==$(DUCKDB_NEXT)
	@PYTHONPATH=.cache/duckdb-$(DUCKDB_NEXT) AUDITTRAIL_EXPECT_DUCKDB=$(DUCKDB_NEXT) \
	  $(PYTEST) tests/storage

test-wheel: $(VENV)/.dev ## Build the wheel, install it in a fresh environment, start it.
	@$(BIN)/python -m pytest -q -m wheel tests/packaging tests/deploy

mutants: $(VENV)/.dev ## Break isolation, durability and costs on purpose; each time a test must fail.
	@$(BIN)/python -m tests.mutants

docs: $(VENV)/.dev ## Write the tables of docs/dialects.md and docs/rules.md from the modules.
	@$(BIN)/python docs/generate.py

bench: $(VENV)/.dev ## How fast spans are stored, of 2.4 KB and of agents that resend their history.
	@$(BIN)/python benchmarks/ingest.py

bench-attribution: $(VENV)/.dev ## How well few calls find what each source of a prompt did.
	@$(BIN)/python benchmarks/attribution.py

bench-client: $(VENV)/.dev ## What sending spans costs the agent.
	@$(BIN)/python benchmarks/client.py

bench-growth: $(VENV)/.dev ## How that and reading change up to 2 million spans.
	@$(BIN)/python benchmarks/growth.py

samples: $(VENV)/.dev ## Record the demonstration's samples anew from the examples.
	@$(BIN)/python -m audittrail.server.demo.record

bench-mapping: $(VENV)/.dev ## What understanding all dialects costs.
	@$(BIN)/python benchmarks/mapping.py

bench-peers: $(VENV)/.dev ## The same load for others too, which are installed for it (opt-in, minutes).
	@$(BIN)/python benchmarks/peers/compare.py

bench-rules: $(VENV)/.dev ## What judging by rules costs ingest, and how fast history is judged.
	@$(BIN)/python benchmarks/rules.py

bench-startup: $(VENV)/.dev ## What commands and the start of a server cost.
	@$(BIN)/python benchmarks/startup.py

bench-truth: $(VENV)/.dev ## How much of what captured agents did is shown right.
	@$(BIN)/python benchmarks/truth.py

bench-ui: $(VENV)/.dev ## How fast the dashboard is in a browser, up to a million traces.
	@$(BIN)/python benchmarks/ui.py

screenshots: $(VENV)/.dev ## Save pictures of every page, light and dark, in three widths.
	@$(BIN)/python -m tests.screenshots $(or $(FOLDER),screenshots)

constraints: ## Renew constraints.txt with the newest versions that fit.
	@$(PYTHON) -m venv --clear .cache/constraints
	@.cache/constraints/bin/python -m pip --quiet install -e '.[dev]'
	@{ sed -n '/^#/p' constraints.txt; .cache/constraints/bin/python -m pip freeze --exclude-editable; } \
	  > .cache/constraints.txt
	@mv .cache/constraints.txt constraints.txt

clean: ## Remove what was made here, but no data.
	@rm -rf $(VENV) .cache dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache .grimp_cache

setup: $(VENV)/.dev ## Only set up.

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'AuditTrail needs Python 3.11 or newer. Name one: make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo 'Python cannot make virtual environments here. On Debian: sudo apt install python3-venv' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.server: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo 'Installing AuditTrail into $(VENV) ...'
	@$(PIP) install -c constraints.txt -e '.[server]'
	@touch $@

$(VENV)/.demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo 'Installing AuditTrail and what its demonstration needs into $(VENV) ...'
	@$(PIP) install -c constraints.txt -e '.[server,examples]'
	@touch $(VENV)/.server $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo 'Installing AuditTrail and what its tests need into $(VENV) ...'
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $(VENV)/.server $(VENV)/.demo $@
