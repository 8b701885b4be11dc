# The commands of the project. Needs only make and Python 3.11 or newer; everything else is installed into .venv.
#   make run [PORT=8000] [HOST=127.0.0.1] [DATA_DIR=var]    the demo factory, web server and job worker
#   make test | test-pg | lint | bench | messages | shots   see README.md

PYTHON   ?= $(shell command -v python3.11 || command -v python3 || command -v python)
PORT     ?= 8000
HOST     ?= 127.0.0.1
DATA_DIR ?= var
ARGS     ?=
JOBS     ?= 2
PG_URL   ?= $(or $(DATABASE_URL),postgres://postgres@127.0.0.1:5432/bihuan)

BIN := .venv/bin
PY  := $(BIN)/python

.PHONY: help run test test-pg lint format bench messages shots install install-dev vendor

help:
	@sed -n 's/^#   //p' Makefile

install:
	@$(PYTHON) tools/install.py

install-dev:
	@$(PYTHON) tools/install.py --dev

run: install
	@$(PY) tools/run.py --host $(HOST) --port $(PORT) --data-dir "$(DATA_DIR)"

test: install-dev
	env -u DATABASE_URL $(PY) -m pytest -n $(JOBS) $(ARGS)

test-pg: install-dev
	@$(PY) tools/postgres.py "$(PG_URL)"
	DATABASE_URL="$(PG_URL)" $(PY) -m pytest -n $(JOBS) $(ARGS)

# `check --deploy` is asked with the environment of a production installation, and every warning counts.
lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	env -u DATABASE_URL $(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	env -u DATABASE_URL $(PY) manage.py makemigrations --check --dry-run
	env -u DATABASE_URL HTTPS=1 ALLOWED_HOSTS=erp.example.com SECRET_KEY=$$($(PY) -c "import secrets; print(secrets.token_urlsafe(64))") \
		$(PY) manage.py check --deploy --fail-level WARNING

format: install-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: install-dev
	@$(PY) tools/postgres.py "$(PG_URL)"
	@DATABASE_URL="$(PG_URL)" SECRET_KEY="$${SECRET_KEY:-only-for-measuring}" $(PY) -m bench $(ARGS)

# Collects the strings (needs GNU gettext) and compiles the catalogues, which are committed.
messages: install
	$(PY) manage.py makemessages --all --no-obsolete --no-wrap --ignore .venv --ignore node_modules --ignore var
	$(PY) manage.py compilemessages --ignore .venv --ignore node_modules

shots: install-dev
	$(PY) tools/shots.py $(ARGS)

# Only to upgrade a front-end library (needs Node.js); the result in static/vendor is committed.
vendor:
	npm ci --ignore-scripts
	npm run vendor
