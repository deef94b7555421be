# Everything that a developer types. `make help` lists it; CI runs the same targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The first Python of 3.11 or newer; set PYTHON to choose another.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)
BIN := .venv/bin
ENVIRONMENT := .venv/.installed
CATALOGUES := surveyapp/web/translations
FRONTEND := surveyapp/frontend
NEW_ENOUGH := const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)

# More words for pytest: make test ARGS="tests/house -k floors"
ARGS ?=

.PHONY: help demo run test check lint types house cover format translations frontend node bench migrate image clean

## To use

help: ## list what can be made
	@awk -F ':.*## ' '/^## /{printf "\n%s\n", substr($$0, 4)} /^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(ENVIRONMENT) ## from phones to the cleaned workbook, with made-up interviews; the server stays up
	SURVEYAPP_DATA_DIR=$${SURVEYAPP_DATA_DIR:-var/demo} $(BIN)/surveyapp demo --target var/livelihood_space.xlsx

run: migrate ## the server on http://127.0.0.1:8000, on the database of the settings
	$(BIN)/surveyapp serve --host 127.0.0.1 --port 8000

migrate: $(ENVIRONMENT) ## bring the database to the newest revision
	$(BIN)/surveyapp migrate

## To develop

test: $(ENVIRONMENT) ## the test suite on two cores, on SQLite and PostgreSQL
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

check: lint types house node cover ## everything that CI does: lint, types, the house's rules, tests with coverage

lint: $(ENVIRONMENT) ## style and likely mistakes (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(ENVIRONMENT) ## types (mypy, strict)
	$(BIN)/mypy

house: $(ENVIRONMENT) ## floors, names, documentation and migrations are as the house wants them
	$(BIN)/pytest -q tests/house

cover: override ARGS += --cov
cover: test ## the test suite with coverage

format: $(ENVIRONMENT) ## format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

translations: $(ENVIRONMENT) ## what the pages say, into the catalogues to translate, and the catalogues compiled
	@mkdir -p var
	$(BIN)/pybabel -q extract -F babel.cfg -k lazy_gettext -k _kind:3 -k _kind:4,4t -k _kind:4,5t --project surveyapp --msgid-bugs-address surveyapp \
		--copyright-holder "the makers of surveyapp" --add-location file --sort-output --no-wrap -o var/messages.pot .
	$(BIN)/pybabel -q update -i var/messages.pot -d $(CATALOGUES) --no-wrap --no-fuzzy-matching --ignore-obsolete
	$(BIN)/pybabel -q compile -d $(CATALOGUES)

frontend: ## the phone web app from its source, into surveyapp/web/static/fill (needs Node 20.19 or newer)
	cd $(FRONTEND) && npm ci --no-audit --no-fund --loglevel=error && npm run build

node: ## libraries for the tests of the phone web app; said and passed over where Node or its registry is not there
	@if [ $(FRONTEND)/node_modules/.package-lock.json -nt $(FRONTEND)/package-lock.json ]; then exit 0; fi; \
	if ! node -e '$(NEW_ENOUGH)' 2>/dev/null; then \
		echo "SKIPPED: no Node 20.19 or newer; the phone web app is neither built again nor are its own tests run."; \
	elif ! (cd $(FRONTEND) && timeout 120 npm ci --no-audit --no-fund --loglevel=error); then \
		echo "SKIPPED: npm did not bring the libraries within two minutes; the phone web app is neither built again nor are its own tests run."; \
	fi

bench: $(ENVIRONMENT) ## speed, as ratios to the bare floor; kept in var/bench.json
	$(BIN)/python -m bench

## To deliver

image: ## the Docker image, surveyapp:latest
	docker build --tag surveyapp:latest .

clean: ## remove the environment and what tools left; data in var/ stay
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
	find surveyapp tests bench migrations -name __pycache__ -prune -exec rm -rf {} +

$(ENVIRONMENT): pyproject.toml setup.py constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found. Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,fast]'
	@touch $@
