# `make test` and `make run` set up what they need; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
SCREENSHOTS ?= test-results/screenshots
SAMPLES := assets/samples
CATALOGUE := assets/locale/messages.pot
BROWSER_PACKAGES := chromium fonts-dejavu-core fonts-noto-color-emoji

# Test workers stand for the cores: a thread pool in each of them would only spin against the others.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check lint types imports unit fast e2e bench pictures screenshots samples algorithms messages readme format clean browser

help: ## Show what there is
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: $(VENV)/.run ## Start the app (installs what it needs first)
	$(BIN)/streamlit run app.py

test: lint types imports unit e2e ## Everything CI runs: style, types, import order, tests, browser tests

check: lint types imports fast ## The same without slow tests and browser

lint: $(VENV)/.dev ## Style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy, strict on the engine
	$(BIN)/mypy

imports: $(VENV)/.dev ## Who may import whom
	$(BIN)/lint-imports --no-cache --no-logo

unit: $(VENV)/.dev ## Tests of engine, command line and pages
	$(PYTEST) -n $(WORKERS) --dist worksteal

fast: $(VENV)/.dev ## Tests that take less than a few seconds each
	$(PYTEST) -n $(WORKERS) --dist worksteal -m "not slow"

e2e: $(VENV)/.dev browser node_modules/.installed ## Browser tests
	$(BIN)/python -m pytest tests/e2e

bench: $(VENV)/.bench browser ## Set the engine beside its peers and write docs/speed.md (nothing is asserted)
	$(BIN)/python -m tests.benchmarks --write

pictures: $(VENV)/.dev browser ## Take the README's pictures again
	$(BIN)/python -m tests.e2e.screenshots docs/images cluster quality algorithms steps

screenshots: $(VENV)/.dev browser ## Pictures of every page into SCREENSHOTS=folder
	$(BIN)/python -m tests.e2e.screenshots $(SCREENSHOTS)

samples: $(VENV)/.run ## Train the sample models again and remake the sample result
	@test -d /usr/share/datasets/fashion-mnist || { \
	  echo "Fashion-MNIST is missing: apt-get install dataset-fashion-mnist"; exit 1; }
	$(BIN)/python -m wc_core.train_samples
	$(BIN)/python -m wc_core compress sample:lenet5 --data sample --clusters 16 --json \
	  -o $(VENV)/sample.safetensors > $(VENV)/result.json
	mv $(VENV)/result.json $(SAMPLES)/result.json

algorithms: $(VENV)/.bench ## Write the tables of docs/algorithms.md anew
	$(BIN)/python -m tests.benchmarks.algorithms docs/algorithms.md

messages: $(VENV)/.dev ## Collect the texts that people see into the catalogue template
	@mkdir -p $(dir $(CATALOGUE))
	$(BIN)/pybabel -q extract --mapping=babel.cfg --ignore-dirs=".*" --keyword=mark --no-location --sort-output --omit-header \
	  --project="Weight Clustering Lab" --output=$(CATALOGUE) app.py pages wc_core

readme: $(VENV)/.dev ## Write the lists of algorithms into README.md and docs/algorithms.md
	$(BIN)/python -m tests.reference

format: $(VENV)/.dev ## Fix style and formatting
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove what the targets above made
	rm -rf $(VENV) node_modules test-results .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or later is needed; name it with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	@touch $@ $(VENV)/.run

$(VENV)/.bench: requirements-bench.txt $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --requirement requirements-bench.txt
	$(BIN)/python -m pip install --quiet --no-deps foolbox==3.3.4  # for its photos alone
	@touch $@

# Without a browser the browser tests say so and are skipped; where CI is set they fail instead.
browser:
	@for name in chromium chromium-browser google-chrome; do \
	    command -v $$name > /dev/null && exit 0; \
	  done; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	    apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(BROWSER_PACKAGES); \
	  else \
	    echo "No Chromium found; install it for the browser tests, on Debian: apt-get install $(BROWSER_PACKAGES)"; \
	  fi

# A failed download is told by the accessibility tests, which need the file; it must not hide the others.
node_modules/.installed: package.json
	@npm install --no-package-lock --no-audit --no-fund --ignore-scripts --silent && touch $@ \
	  || echo "axe-core could not be installed with npm: the accessibility tests cannot run"
