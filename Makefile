# Every command of this repository. `make help` names them.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
VENV := .venv
BIN := $(VENV)/bin
export PORT HOST
# One worker for each processor; a plain `pytest PATH` has one.
export PYTEST_ADDOPTS ?= -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: fuzz help run prepare jobs test check lint types imports tests test-servers elasticsearch elasticsearch-stop
.PHONY: postgresql postgresql-stop chaos bench screenshots lock clean

help: ## Name every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@echo "== Creating the virtual environment $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "The venv module is missing; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/product: requirements.txt | $(BIN)/python
	@echo "== Installing the pinned requirements (once, about a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/development: requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "== Installing the pinned development requirements"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	@touch $(VENV)/product $@

run: $(VENV)/product ## Start the site on 127.0.0.1:8000 with the sample lists (PORT, DATA_DIR override)
	@$(BIN)/flask prepare
	@$(BIN)/gunicorn --config gunicorn.conf.py wsgi:application

prepare: $(VENV)/product ## Migrate, load dictionaries and samples, build index and matcher, without serving
	@$(BIN)/flask prepare

jobs: $(VENV)/product ## Do the work in the background: index, expiry, matcher
	@$(BIN)/flask jobs

test: $(VENV)/development ## Run every test that this machine can run; skips say why
	@$(BIN)/python -m pytest

test-servers: $(VENV)/development ## The suite, without browser, on a real PostgreSQL and a real Elasticsearch
	@scripts/test-servers $(BIN)/python

chaos: $(VENV)/development ## Kill, freeze and restart everything under load (LONG=1 for the long form)
	@scripts/test-servers $(BIN)/python --chaos $(if $(LONG),--long)
	@$(BIN)/python -m tests.search.nodes $(if $(LONG),--seconds 60)

fuzz: $(VENV)/development ## Send awkward requests as every reader (REQUESTS=2000 SEED=7 DATABASE=postgresql://…)
	@$(BIN)/python -m tests.fuzz --requests $(or $(REQUESTS),2000) --seed $(or $(SEED),7) $(if $(DATABASE),--database $(DATABASE))

elasticsearch: ## Start a real Elasticsearch 8 on 127.0.0.1:9200 (needs Java 17 and Maven)
	@$(PYTHON) scripts/elasticsearch.py start

elasticsearch-stop: ## End it
	@$(PYTHON) scripts/elasticsearch.py stop

postgresql: ## Start a real PostgreSQL on 127.0.0.1:5433 with an empty database; prints its DATABASE_URL
	@$(PYTHON) scripts/postgresql.py fresh market

postgresql-stop: ## End it and throw its data away
	@$(PYTHON) scripts/postgresql.py stop

check: lint types imports test ## What CI runs: style, types, layers, tests

lint: $(VENV)/development ## ruff: style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/development ## mypy, strict everywhere
	@$(BIN)/mypy

imports: $(VENV)/development ## import-linter: rooms import strictly down
	@$(BIN)/lint-imports

bench: $(VENV)/development ## Measure ranking and search against peers (N=10000 for a short form)
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@$(BIN)/python -m benchmarks.matching --documents $(or $(N),100000)

screenshots: $(VENV)/development ## Pictures of every page at 1440 and 360 px into screenshots/ (needs Chromium)
	@$(BIN)/python -m tests.screenshots

lock: | $(BIN)/python ## Compile requirements.txt and requirements-dev.txt from the .in files
	@$(BIN)/pip install --quiet pip-tools
	@$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-trusted-host -o requirements.txt requirements.in
	@$(BIN)/pip-compile --quiet --strip-extras --no-emit-index-url --no-emit-trusted-host -o requirements-dev.txt requirements-dev.in

clean: ## Remove caches; keeps .venv and the data
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache screenshots
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
