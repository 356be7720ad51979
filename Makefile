# agentkit: every target works on a machine that has Python 3.11, git and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := PYTHONWARNDEFAULTENCODING=1 $(BIN)/python

unexport PYTHONDONTWRITEBYTECODE  # tests start many processes, which would compile everything anew
.DEFAULT_GOAL := help
.PHONY: help demo run servers fmt lint type test test-long differential cov cov-first cov-second bench check clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.run: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run ## serve the example agent, play one whole call against it, show the transcript
	@$(BIN)/python examples/demo.py

run: $(VENV)/.run ## serve the example agent until Ctrl-C
	@$(BIN)/agentkit run examples/stateful_agent.py:agent

servers:
	@sh tests/reliability/install_servers.sh

fmt: $(VENV)/.dev ## format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.dev ## formatting and lint, without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

type: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy

test: $(VENV)/.dev servers ## every test
	$(RUN) -m pytest

test-long: $(VENV)/.dev servers ## the long versions of the reliability and hostile-input tests
	AGENTKIT_LONG=1 $(RUN) -m pytest --timeout 1800

differential: $(VENV)/.dev ## compare with the vendor's SDK, which is installed in a venv of its own
	@$(BIN)/python -m benchmarks.vendor_venv
	AGENTKIT_VENDOR=.bench/vendor/bin/python $(RUN) -m pytest tests/differential

FIRST  := tests/hostile tests/hosts tests/state
APART  := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

cov: $(VENV)/.dev servers ## every test, with branch coverage (of the stores on servers where those are)
	$(RUN) -m pytest tests/reliability  # which are left out of the figure: measured they take twice as long
	rm -f .coverage .coverage.*
	$(MAKE) --no-print-directory --jobs 2 $(APART) cov-first cov-second  # a processor each
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report $$(sh tests/reliability/left_out.sh)

cov-first:
	$(RUN) -m coverage run --parallel-mode -m pytest $(FIRST)

cov-second:
	$(RUN) -m coverage run --parallel-mode -m pytest --ignore tests/reliability $(FIRST:%=--ignore %)

bench: $(VENV)/.dev ## the figures of docs/benchmarks.md, as ratios in one run
	$(BIN)/python -m benchmarks

check: lint type cov ## what CI runs

clean: ## remove the virtual environment and what tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .bench .coverage .coverage.* htmlcov dist
