# Everything a developer or CI runs. Each target first makes or freshens .venv from the pinned requirement files.

PYTHON ?= python3
WORKERS ?= auto
ARGS ?=

SHELL := bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install
# pip's account, shortened to one line for each file it downloads
DOWNLOADS := { grep --line-buffered -oE 'Downloading [^ ]+\.(whl|tar\.gz) \([^)]+\)' || true; }
COMPILE := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --custom-compile-command "make lock" $(ARGS)

RUNTIME := $(VENV)/runtime.stamp
DEV := $(VENV)/dev.stamp
COBI := $(VENV)/cobi.stamp

.PHONY: help check format test demo serve bench soak lock clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-8s %s\n", $$1, $$2 }'
	@echo "Options are passed on with ARGS, as in: make demo ARGS=--exit"

check: $(DEV) $(COBI) ## format, lint, types, storeys, size budgets, stray addresses
	@$(BIN)/python -m checks

format: $(DEV) ## put the code into the format that check asks for, and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

test: $(DEV) $(COBI) ## all tests
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile $(ARGS)

demo: $(RUNTIME) $(COBI) ## a simulated campus served by a real Cobi, from nothing to a dashboard
	@$(BIN)/cobi demo $(ARGS)

serve: $(RUNTIME) $(COBI) ## the server
	@$(BIN)/cobi serve $(ARGS)

bench: $(DEV) $(COBI) ## speed and quality, measured
	@$(BIN)/python -m benchmarks $(ARGS)

soak: $(DEV) $(COBI) ## hours of hostile requests, kills and fuzzing (ARGS="--scale 0.1" for a tenth)
	@$(BIN)/python -m tests.soak $(ARGS)

lock: $(DEV) ## recompile the pinned requirement files from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(COMPILE) pyproject.toml --group build --output-file requirements/runtime.txt
	@$(COMPILE) pyproject.toml --group build --group dev --constraints requirements/runtime.txt \
		--output-file requirements/dev.txt
	@$(COMPILE) requirements/reference.in --output-file requirements/reference.txt

clean: ## remove .venv, builds and caches
	@rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Cobi needs Python 3.11 or newer, and $(PYTHON) is: $$($(PYTHON) --version 2>&1)" >&2; \
		echo "Name another with PYTHON, as in: make $(firstword $(MAKECMDGOALS)) PYTHON=python3.12" >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements/runtime.txt $(BIN)/pip
	@echo "Installing what Cobi runs on"
	@set -o pipefail; $(PIP) --require-hashes --requirement requirements/runtime.txt | $(DOWNLOADS)
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	@echo "Installing what the checks and tests need"
	@set -o pipefail; $(PIP) --require-hashes --requirement requirements/dev.txt | $(DOWNLOADS)
	@touch $@

$(COBI): pyproject.toml $(RUNTIME)
	@$(PIP) --quiet --no-deps --no-build-isolation --editable .
	@touch $@
