# Saola: `make help` explains every target.
PYTHON ?= python3
DATABASE ?= embedded
COMPOSE ?= docker compose
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: help setup run up down logs test check format lint prose types imports generate generated openapi-lint bench demo lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv with everything (Python 3.11 or newer is all it needs)

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Saola needs Python 3.11 or newer; say which with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute)…"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## Start the whole hub on http://127.0.0.1:8000 and say what to try next
	@$(BIN)/saola up

demo: setup ## Play the main journey on a hub of its own
	@$(BIN)/saola demo

up: ## Start the hub in containers on http://127.0.0.1:8000 (COMPOSE=docker-compose if that is how it is called)
	@sh deploy/secrets.sh $(SECRETS)
	@$(COMPOSE) up --detach --build
	@echo "Its administrator: $(COMPOSE) exec gateway cat /state/admin.json; its state: $(COMPOSE) ps; docs/deploy.md says more."

down: ## Stop the containers; data, keys and passwords stay
	@$(COMPOSE) --profile scale down

logs: ## Follow what the containers say
	@$(COMPOSE) logs --follow --tail 100

test: setup ## Run the whole suite, one process per core (DATABASE=embedded, containers or postgresql://…; ARGS="-n 0 -x")
	@SAOLA_TEST_DATABASE='$(DATABASE)' $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile $(ARGS)

check: setup lint imports types generated test ## Everything that must hold: format, lint, imports, types, generated files, tests

format: setup ## Write the code in its one format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: setup prose ## Check format, lint rules and prose
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

prose: setup ## Check the words and sentences of docstrings, messages, documents and test names
	@$(BIN)/python -m tests.prose

imports: setup ## Hold the import contract of pyproject.toml
	@$(BIN)/lint-imports

types: setup ## mypy --strict over everything
	@$(BIN)/mypy

generate: setup ## Write again what is generated (OpenAPI, rules, state diagrams)
	@$(BIN)/python -m services.cli.generate

generated: setup
	@$(BIN)/python -m services.cli.generate --check

openapi-lint: setup ## Check docs/reference/openapi.json as integrators' tools do (the first time installs Node and the linter)
	@$(BIN)/python -m tests.generated_clients.lint

bench: setup ## Measure, print ratios from one run (ONLY=checks: one part of it)
	@$(BIN)/python -m bench $(ONLY)

lock: ## Resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --extra dev -c requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.lock
	uv pip compile tests/generated_clients/requirements.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o tests/generated_clients/requirements.lock

clean: ## Remove the environment and the hub's home (not while it runs)
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .openapi_tools
