# The two commands of the README, and what they stand on. Everything is installed into .venv by hash.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test pythons image check lock clean gerrit bench

$(VENV)/.run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Touchline needs Python 3.11 or newer; name one with make PYTHON=python3.13")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing Touchline into $(VENV) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@echo "installing the tools of the tests ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.run
	@$(BIN)/python -m tests.journeys.demo

test: $(VENV)/.dev check
	@$(BIN)/python -m tests.system
	$(BIN)/python -m pytest -n auto

pythons: $(VENV)/.dev
	@$(BIN)/python -m tests.pythons

image: $(VENV)/.dev
	@$(BIN)/python -m tests.image

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

gerrit: $(VENV)/.run
	@$(BIN)/python -m tests.fakes.gerrit.show

lock:
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock
	printf '%s\n' hatchling editables | uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate - >> requirements.lock

bench: $(VENV)/.dev
	@$(BIN)/python -m tests.benchmarks.reach

clean:
	rm -rf $(VENV) .pythons .mypy_cache .ruff_cache .pytest_cache .hypothesis
