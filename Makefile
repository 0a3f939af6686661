# Everything a newcomer needs; each target installs what it uses into .venv, once.
#   make serve   the site at http://127.0.0.1:8000/ (PORT= changes it), no torch
#   make site    the same build into site/, strict
#   make test    all tests            make lint   ruff and mypy
#   make demos   runs the notebooks that are out of date (DEMO=simclr: that one)
#   make bench   the benchmarks
#   make lighthouse   measures the pages of site/ as Lighthouse does on a phone (needs npm and Chromium; ONCE=1: briefly)
#   make quick-check   trains `quick` of every method on CIFAR-10 and compares its kNN with its bar (DATA=shapes: without it)

PYTHON ?= python3
PORT ?= 8000
DATA ?= cifar10
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --retries 2 --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help serve site test lint demos bench axe lighthouse quick-check

help:
	@sed -n 's/^#   //p' Makefile

serve: .venv/site.installed
	@$(BIN)/paper-notes serve --port $(PORT)

site: .venv/site.installed
	@$(BIN)/paper-notes build

test: .venv/dev.installed
	@$(BIN)/pytest --numprocesses auto --dist loadfile

lint: .venv/dev.installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

demos: .venv/dev.installed
	@$(BIN)/paper-notes demos $(DEMO)

bench: .venv/dev.installed
	@for file in benchmarks/*.py; do $(BIN)/python $$file || exit 1; done

# Node packages lie beside the caches; without them the tests that need axe are skipped.
NPM := npm install --prefix .cache/npm --no-audit --no-fund --no-save --loglevel error

axe: .cache/npm/node_modules/axe-core
.cache/npm/node_modules/axe-core:
	@$(NPM) axe-core@4.14.1

lighthouse: .venv/dev.installed .cache/npm/node_modules/lighthouse site
	@$(BIN)/python tests/browser/lighthouse.py
.cache/npm/node_modules/lighthouse:
	@$(NPM) axe-core@4.14.1 lighthouse@12.8.2

quick-check: .venv/dev.installed
	@$(BIN)/python -m ssl_core quick-check --data $(DATA)

# A stamp file stands for a finished installation; the development one holds all that the site needs.
.venv/site.installed: pyproject.toml constraints.txt
	@$(call install,site,the site's needs; half a minute)

.venv/dev.installed: pyproject.toml constraints.txt
	@$(call install,dev,everything for development; a few minutes and about 5 GB)
	@touch .venv/site.installed

define install
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
  { echo "This needs Python 3.11 or newer, and '$(PYTHON)' is not: name one with PYTHON=/path/to/python3.11" >&2; exit 1; }; \
echo "Installing into .venv: $(2)"; \
$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv || \
  { echo "Python could not make a virtual environment: install its venv module (Debian: python3-venv)" >&2; exit 1; }; \
$(PIP) --editable '.[$(1)]' || \
  { echo "The packages could not be installed (see above): is the network there? Then repeat the command" >&2; exit 1; }; \
touch $@
endef
