# Every command of this repository. `make help` names them.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
VENV := .venv
BIN := $(VENV)/bin
export PORT HOST
# One worker for each processor; a plain `pytest PATH` has one.
export PYTEST_ADDOPTS ?= -n auto --dist worksteal
# Some shells and images forbid compiled modules: each of some hundred processes then compiles the whole site, for a
# second, and each worker all tests, for eight. `make clean` removes them.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run prepare rehearsal jobs test test-long check lint types imports test-servers elasticsearch
.PHONY: elasticsearch-stop audit-key fuzz properties postgresql postgresql-stop chaos bench screenshots lock audit clean

help: ## Name every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@echo "== Creating the virtual environment $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "The venv module is missing; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/product: requirements.txt | $(BIN)/python
	@echo "== Installing the pinned requirements (once, about a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/development: requirements.txt requirements-dev.txt | $(BIN)/python
	@echo "== Installing the pinned development requirements"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $(VENV)/product $@

# First of all: what takes minutes is not begun for a port on which another program listens.
.PHONY: port-free
port-free:
	@$(PYTHON) scripts/port-free

run: port-free $(VENV)/product ## Start the site on 127.0.0.1:8000 with the sample lists (PORT, DATA_DIR override)
	@$(BIN)/flask prepare
	@$(BIN)/gunicorn --config gunicorn.conf.py wsgi:application

prepare: $(VENV)/product ## Migrate, load dictionaries and samples, build index and matcher, without serving
	@$(BIN)/flask prepare

rehearsal: port-free $(VENV)/product ## Serve a throw-away site whose clock runs SPEED times faster (1440: a day a minute)
	@$(BIN)/flask rehearse --speed $(or $(SPEED),1440)

jobs: $(VENV)/product ## Do the work in the background: index, expiry, matcher
	@$(BIN)/flask jobs

test: $(VENV)/development ## Run the suite, without browser and long walks; skips say why
	@$(BIN)/python -m pytest -m "not browser and not long"

test-long: $(VENV)/development ## Journeys in Chromium, walks over the whole site, processes that are killed
	@$(BIN)/python -m pytest -m "browser or long"

test-servers: $(VENV)/development ## The suite, without browser, on a real PostgreSQL and a real Elasticsearch
	@scripts/test-servers $(BIN)/python

chaos: $(VENV)/development ## Kill, freeze and restart everything under load (LONG=1 for the long form)
	@scripts/test-servers $(BIN)/python --chaos $(if $(LONG),--long)
	@$(MAKE) --no-print-directory -j2 -Otarget $(TRIALS)
	@$(if $(LONG),WALKS=10000 $(BIN)/python -m pytest -q tests/marketplace/deals/test_walks.py,echo "== Long walks: with LONG=1; short ones are in make test")
	@$(if $(LONG),FIGURES=1000000 $(BIN)/python -m pytest -q -n 0 tests/marketplace/policies/test_evaluating.py -k random_figures,echo "== A million figures: with LONG=1; ten thousand are in make test")
	@$(if $(LONG),$(BIN)/python -m tests.search.nodes --seconds 60,echo "== Three nodes: with LONG=1")

# The trials that need no cluster, two at a time: each has a folder of its own and waits about as long as it works, first
# of all the one of mails, which goes beside the one that works most. Neither may be made a third slower by more of them:
# a save has ten seconds. The trial before has the processors to itself, for it promises times.
TRIALS := trial-writers trial-mail trial-disk trial-deals-postgresql trial-deals trial-audit
.PHONY: $(TRIALS)

trial-disk:
	@$(BIN)/python -m tests.chaos.disk

trial-writers:
	@$(BIN)/python -m tests.chaos.writers --seconds $(if $(LONG),60,10)

trial-mail:
	@$(BIN)/python -m tests.chaos.mail $(if $(LONG),,--messages 100 --kills 2)

trial-audit:
	@$(BIN)/python -m tests.chaos.audit $(if $(LONG),--seconds 300)

trial-deals:
	@$(BIN)/python -m tests.chaos.deals --rounds $(if $(LONG),10,1)

trial-deals-postgresql:
	@scripts/test-servers $(BIN)/python --deals

properties: $(VENV)/development ## Look for texts that break a property test: other ones each time, unlike `make test`
	@HYPOTHESIS_PROFILE=search $(BIN)/python -m pytest -q -m hypothesis

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

check: lint types imports test test-long ## What CI runs: style, types, layers, all tests

lint: $(VENV)/development ## ruff: style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/development ## mypy, strict everywhere
	@$(BIN)/mypy

imports: $(VENV)/development ## import-linter: rooms import strictly down
	@$(BIN)/lint-imports

bench: $(VENV)/development ## Measure ranking and search against peers (N=10000 for a short form)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@$(BIN)/python -m benchmarks.matching --documents $(or $(N),100000)

audit-key: $(VENV)/product ## Print a new AUDIT_KEY for a live site (NAME=market.example.cn)
	@$(BIN)/python -m marketplace.audit.key $(or $(NAME),$(error NAME=market.example.cn is missing))

screenshots: $(VENV)/development ## Pictures of every page at 1440 and 360 px into screenshots/ (needs Chromium)
	@$(BIN)/python -m tests.screenshots

# No index, folder or host of this machine may end up in the files, wherever its pip looks: hence --no-config and no
# PIP_* or UV_* of the environment. Versions stay as they are unless UPGRADE=1. --universal keeps the markers of
# requirements.in: without it a library that has no wheel for some machine would be asked for everywhere.
LOCK = env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL -u UV_FIND_LINKS -u UV_INDEX_URL \
	-u UV_EXTRA_INDEX_URL -u UV_DEFAULT_INDEX -u UV_INDEX $(BIN)/uv pip compile --quiet --no-config --generate-hashes \
	--strip-extras --universal --no-emit-index-url --no-emit-find-links --python $(BIN)/python --system-certs \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: | $(BIN)/python ## Compile requirements*.txt, with hashes, from the .in files (UPGRADE=1 for newer versions)
	@$(BIN)/uv --version >/dev/null 2>&1 || $(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(LOCK) -o requirements.txt requirements.in
	@$(LOCK) -o requirements-dev.txt requirements-dev.in
	@$(LOCK) -o requirements-bench.txt requirements-bench.in

audit: | $(BIN)/python ## Look the pinned requirements up in the advisory service; says so where it is out of reach
	@scripts/audit $(PYTHON)

clean: ## Remove caches; keeps .venv and the data
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache screenshots
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
