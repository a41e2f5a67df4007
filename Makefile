# Saldo's commands. `make` alone lists them; `make run` and `make test` need nothing prepared beforehand.

PYTHON ?= python3
BIN := .venv/bin
# Compiled once, beside the libraries: a process starts in a third of the time, and no cache lies about in the tree.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX ?= $(CURDIR)/.venv/pycache

.DEFAULT_GOAL := help
.PHONY: help setup run check test prove coverage lint format messages screenshots bench lock

help: ## list these commands
	@echo "Saldo: make <command>"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-11s %s\n", $$1, $$2 }'

setup: ## make the environment in .venv: everything to run, test and lint
	@$(PYTHON) scripts/environment.py dev

run: ## the sample installation: web server and job cluster together, until Ctrl-C
	@$(PYTHON) scripts/environment.py runtime
	@exec $(BIN)/python scripts/serve.py

test: ## every test on SQLite, then those about money under concurrency on a real PostgreSQL
	@$(PYTHON) scripts/environment.py dev
	@exec $(BIN)/python scripts/run_tests.py

check: ## the inner loop: lint, pricing, rules and the tests of what changed since HEAD; no browser, no PostgreSQL
	@$(PYTHON) scripts/environment.py dev
	@exec $(BIN)/python scripts/check_change.py

prove: ## long random proofs: thousands of histories of people, roles, terms and money, in order and out of order
	@$(PYTHON) scripts/environment.py dev
	@env HISTORIES=500 LIVES=300 PRICED_HISTORIES=10000 CALLS_A_DAY=8 $(BIN)/python -m pytest -q -n 2 --dist worksteal \
		tests/rules/test_order_of_arrival.py tests/operations/test_prepaid_histories.py tests/pricing/test_histories.py \
		tests/api/test_subscriptions.py

coverage: ## what the tests on SQLite leave out of accounts and billing
	@$(PYTHON) scripts/environment.py dev
	@$(BIN)/python -m pytest -n 2 --cov --cov-report=term --cov-report=html

lint: ## ruff, mypy, the import contracts and the templates
	@$(PYTHON) scripts/environment.py dev
	@$(BIN)/python scripts/run_lint.py

format: ## put imports and layout in order
	@$(PYTHON) scripts/environment.py dev
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/djangofmt --quiet templates billing/sandbox/templates

messages: ## compile the translations
	@$(PYTHON) scripts/environment.py runtime
	@$(BIN)/python scripts/compile_messages

screenshots: ## pictures of every page of the sample installation, in both languages and themes, wide and narrow
	@$(PYTHON) scripts/environment.py dev
	@exec $(BIN)/python scripts/make_screenshots.py

bench: ## how fast the money moves on this machine, in figures
	@$(PYTHON) scripts/environment.py dev
	@$(BIN)/python scripts/bench_pricing.py
	@env -u DATABASE_URL $(BIN)/python scripts/bench.py
	@$(BIN)/python scripts/with_postgres.py $(BIN)/python scripts/bench.py
	@env -u DATABASE_URL $(BIN)/python scripts/bench_api.py
	@$(BIN)/python scripts/with_postgres.py $(BIN)/python scripts/bench_api.py

lock: ## write requirements/ anew from pyproject.toml
	@$(PYTHON) scripts/environment.py dev
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/runtime.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -o requirements/dev.txt
