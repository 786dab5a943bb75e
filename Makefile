# `make demo` shows the hub at work, `make test` runs every test; both set up what they need first.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check
PANGO := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup test test-real demo bench soak check lint format-check format types imports lock adapters-doc clean python pango

help:
	@echo "make demo      set up, then run the hub with a real trouble system and a listener (ARGS=--once to end by itself)"
	@echo "make test      set up, then run every test (ARGS='-k word' for some)"
	@echo "make test-real set up, then try the adapters whose systems are large on the real ones, and hubs as peers"
	@echo "make check     lint, format, types and import floors, without the tests"
	@echo "make format    put the code in its form"
	@echo "make bench     set up, then measure"
	@echo "make soak      set up, then five minutes of kills and failing listeners, and a ledger (ARGS='--minutes 60 --seed 7')"
	@echo "make lock      write constraints.txt anew from the ranges in pyproject.toml"
	@echo "make adapters-doc  write down which versions the adapters were tried on"
	@echo "make clean     remove what these commands made"

setup: $(STAMP)

# Made again when the dependencies change. --no-build-isolation: the build tool is one of the pinned packages too.
$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@test "$$(/sbin/ldconfig -p | grep -cE 'libharfbuzz-subset|libpangoft2')" -ge 2 || \
		$(MAKE) --no-print-directory pango
	$(PIP) install --quiet --constraint constraints.txt hatchling editables
	$(PIP) install --quiet --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import venv, ensurepip; ensurepip.version()' 2>/dev/null || $(MAKE) --no-print-directory python
	$(PYTHON) -m venv --clear $(VENV)

# Debian keeps `venv` in a package of its own.
python:
	@if [ "$$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then \
		echo "qos-hub needs $(PYTHON) with its venv module; on Debian: apt-get install $(PYTHON) $(PYTHON)-venv" >&2; \
		exit 1; \
	fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends $(PYTHON) $(PYTHON)-venv

# WeasyPrint lays out PDF with Pango, which is no Python package. Without it all else works.
pango:
	@if [ "$$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then \
		echo "reports as PDF, and their tests, need Pango; on Debian: apt-get install $(PANGO)" >&2; \
	else \
		apt-get update -qq; \
		DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends $(PANGO); \
	fi

# Two for each core: most tests wait for a server. Who is done first takes over what others have not begun.
PROCESSES := $(shell echo $$(( $$(nproc) * 2 )))

test: setup
	$(BIN)/python -m pytest --numprocesses=$(PROCESSES) --dist=worksteal $(ARGS)

# One at a time: each process would start the systems anew. On Debian 12 or what has its packages.
test-real: setup
	$(BIN)/python -m pytest -m "installs or peers" $(ARGS)

demo: setup
	$(BIN)/qos-hub demo $(ARGS)

bench: setup
	$(BIN)/python benchmarks/api.py $(ARGS)
	$(BIN)/python benchmarks/access.py
	$(BIN)/python benchmarks/delivery.py $(ARGS)
	$(BIN)/python benchmarks/many_listeners.py
	$(BIN)/python benchmarks/burst.py
	$(BIN)/python benchmarks/list.py $(ARGS)
	$(BIN)/python benchmarks/matching.py $(ARGS)
	$(BIN)/python benchmarks/jobs.py $(ARGS)
	$(BIN)/python -m benchmarks.intake
	$(BIN)/python benchmarks/metrics.py
	$(BIN)/python -m benchmarks.reporting
	$(BIN)/python -m benchmarks.constraints
	$(BIN)/python -m benchmarks.constraint_start
	$(BIN)/python -m benchmarks.paper

soak: setup
	$(BIN)/python benchmarks/soak.py $(ARGS)

check: lint format-check types imports

lint: setup
	$(BIN)/ruff check .

format-check: setup
	$(BIN)/ruff format --check .

format: setup
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

lock:
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --upgrade editables '.[dev]'
	echo '# Every package of the hub and its tools, at the version it was tried with. Made by `make lock`.' > constraints.txt
	build/lock/bin/python -m pip freeze --exclude qos-hub >> constraints.txt
	rm -rf build/lock

# The table of docs/adapters.md, made by the tests that start the systems. One at a time: they write one file.
adapters-doc: setup
	QOS_HUB_WRITE_ADAPTERS_DOC=1 $(BIN)/python -m pytest -q tests/contract/test_every_adapter.py -k documentation

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .real .demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
