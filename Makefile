# Two commands: make run, make test. The rest is listed by make alone.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

HOST ?= 127.0.0.1
PORT ?= 8000
SANDBOX_PORT ?= 8100
DATA_DIR ?= var
GOOGLE ?= sandbox
PUBLIC_URL ?= http://$(HOST):$(PORT)
export HOST PORT SANDBOX_PORT DATA_DIR GOOGLE PUBLIC_URL
# Compiled modules are kept, or every start would compile them anew.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
PYTHON := $(BIN)/python

.PHONY: help run reset test test-long lint bench screenshots lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/python: ; @./.ci/make-venv

.venv/runtime: requirements.txt | .venv/python
	@echo "Installing what the console runs with …"
	./.ci/install requirements.txt
	@touch $@

.venv/development: requirements-dev.txt | .venv/python
	@echo "Installing what the tests need …"
	./.ci/install requirements-dev.txt
	@touch $@ .venv/runtime

run: .venv/runtime  ## serve the console on http://127.0.0.1:8000 with sandbox and demo data
	@ports="PORT"
	[ "$(GOOGLE)" != sandbox ] || ports="PORT SANDBOX_PORT"
	$(PYTHON) -m workflows_console.free_ports $$ports
	$(PYTHON) manage.py migrate --verbosity 0
	$(BIN)/honcho -f Procfile.$(GOOGLE) start --port $(PORT) || [ $$? -eq 130 ]  # Ctrl-C is no error

reset:  ## throw the local data away and start afresh at the next make run
	@rm -rf "$(DATA_DIR)"
	@echo "Local data is gone. make run makes it anew."

test: .venv/development lint  ## every test that needs no real waiting
	@CHROMIUM="$$(./.ci/find-chromium)"; export CHROMIUM
	$(BIN)/pytest -n 2 --dist loadgroup

test-long: .venv/development  ## what waits, soaks or kills by the hundred
	@CHROMIUM="$$(./.ci/find-chromium)"; export CHROMIUM
	$(BIN)/pytest -n 2 --dist loadgroup -m long

lint: .venv/development  ## ruff, mypy, import contracts, migrations, deployment checks
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	WORKFLOWS_ENV=test $(PYTHON) manage.py makemigrations --check --dry-run
	./.ci/check-deploy

bench: .venv/development  ## ratios, measured side by side
	@$(PYTHON) -m bench

screenshots: .venv/development  ## the pictures in docs/, from a console started for it
	@CHROMIUM="$$(./.ci/find-chromium)"; export CHROMIUM
	$(BIN)/pytest -q -m screenshots tests/browser/test_screenshots.py

lock: .venv/development  ## compile requirements*.txt from requirements*.in
	@$(BIN)/uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url -q -o requirements.txt requirements.in
	$(BIN)/uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url -q -c requirements.txt -o requirements-dev.txt requirements-dev.in

clean:  ## remove the environment, caches and local data
	@rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
