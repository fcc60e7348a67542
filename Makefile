# `make run` and `make test` do their own set-up from a bare clone: only make and Python 3.11 or newer are needed.

PYTHON ?=
ARGS ?=
MINUTES ?= 60

VENV := .venv
PY := $(VENV)/bin/python
PLACE := $(shell pwd | cksum | cut -d ' ' -f 1)
RUN_READY := $(VENV)/.run-$(PLACE)
DEV_READY := $(VENV)/.dev-$(PLACE)
CLIENTS_READY := $(VENV)/.clients-$(PLACE)

.PHONY: help run test lint bench evidence peers soak chaos mutants clean anew
.NOTPARALLEL:

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-8s %s\n' "$$name" "$$what"; done

run: $(RUN_READY) ## open the client, or play the demo where there is no terminal (ARGS="--profile economy")
	@if [ -t 0 ] && [ -t 1 ]; then exec $(PY) -m pointsman $(ARGS); else exec $(PY) -m pointsman $(DEMO) $(ARGS); fi

test: $(DEV_READY) ## run the tests (ARGS="tests/routing -x")
	$(PY) -m pytest -n 3 $(ARGS)

lint: $(DEV_READY) ## check style, types and which module may import which
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo

bench: $(DEV_READY) ## measure against the floor (ARGS="--json")
	$(PY) -m benchmarks $(ARGS)

evidence: $(DEV_READY) ## write docs/evidence.md from sets of outcomes (DATA=folder)
	$(PY) -m benchmarks.evidence --data $(DATA)

peers: $(CLIENTS_READY) ## try it with real servers and clients, as far as they can be had (ARGS="-k llama")
	$(PY) -m pytest -n 2 -m peers -rs $(or $(ARGS),tests/peers tests/clients)

soak: $(DEV_READY) ## run the tests that take minutes, then an hour of steady use (MINUTES=60)
	$(PY) -m pytest -m soak $(ARGS)
	$(PY) -m tests.soak.hour --minutes $(MINUTES)

chaos: $(DEV_READY) ## a thousand turns under random faults and kills (ARGS="--seed 7")
	$(PY) -m tests.chaos $(ARGS)

mutants: $(DEV_READY) ## plant bugs in a copy of the code and see each one caught (ARGS="--only NAME")
	$(PY) -m tests.mutants $(ARGS)

clean: ## remove the environment and everything that was built
	rm -rf $(VENV) dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache snapshot_report.html
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV): $(DEV_READY)

# Options alone belong to the demo; a word in front is a command of its own.
DEMO = $(if $(filter-out -%,$(firstword $(ARGS))),,demo)

# The interpreter behind the environment may be gone, after an upgrade of the system.
ALIVE := $(shell test -x $(PY) || echo anew)

$(RUN_READY): pyproject.toml constraints.txt $(ALIVE)
	@PYTHON="$(PYTHON)" scripts/setup run $@

$(DEV_READY): pyproject.toml constraints.txt $(ALIVE)
	@PYTHON="$(PYTHON)" scripts/setup dev $@
	@touch $(RUN_READY)

$(CLIENTS_READY): $(DEV_READY)
	@PYTHON="$(PYTHON)" scripts/setup clients $@ || \
		echo "The services' own clients cannot be installed from here, so tests/clients is skipped." >&2
