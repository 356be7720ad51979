# agentkit: every target works on a machine that has Python 3.11, git and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUN    := PYTHONWARNDEFAULTENCODING=1 $(BIN)/python

unexport PYTHONDONTWRITEBYTECODE  # tests start many processes, which would compile everything anew
.DEFAULT_GOAL := help
.PHONY: help demo run servers fmt lint type test test-long differential reliability cov cov-rest cov-most bench check clean

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
	@$(BIN)/python -m benchmarks.venvs
	AGENTKIT_VENDOR=.bench/vendor/bin/python $(RUN) -m pytest tests/differential

LAST   := tests/hosts tests/state
APART  := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

# Two at a time, in this order: the reliability tests mostly wait, so all the others go beside them.
check: PARTS := reliability lint type $(ALSO) cov-most cov-rest
cov: PARTS := reliability cov-most cov-rest

cov: ## every test, with branch coverage (of the stores on servers where those are)
check: ## what CI runs: formatting, lint, types and every test with branch coverage

cov check: $(VENV)/.dev servers
	rm -f .coverage .coverage.*
	$(MAKE) --no-print-directory --jobs 2 $(APART) $(PARTS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report $$(sh tests/reliability/left_out.sh)

reliability: $(VENV)/.dev  # left out of the figure of coverage: measured they take twice as long
	$(RUN) -m pytest tests/reliability

cov-most: $(VENV)/.dev
	$(RUN) -m coverage run --parallel-mode -m pytest --ignore tests/reliability $(LAST:%=--ignore %)

cov-rest: $(VENV)/.dev
	$(RUN) -m coverage run --parallel-mode -m pytest $(LAST)

bench: $(VENV)/.dev ## the figures of docs/benchmarks.md, as ratios in one run
	$(BIN)/python -m benchmarks

clean: ## remove the virtual environment and what tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .bench .coverage .coverage.* htmlcov dist
