# Each target works on a fresh machine with Python 3.11 and says what it is doing; a second run starts in seconds.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
# Tests run side by side: more threads for each would only wait.
test check: export OPENBLAS_NUM_THREADS = 1
# The processes that tests start run what the first one compiled.
test check: export PYTHONDONTWRITEBYTECODE =

.PHONY: help run setup test check bench format sample clean

help:
	@echo "make run    set up and open the app with sample data on http://127.0.0.1:$(PORT)"
	@echo "make test   set up and run the tests"
	@echo "make check  format, lint, types, layers, tests"
	@echo "make bench  ratios measured side by side"

$(VENV)/ready-run: pyproject.toml constraints.txt
	@echo "Setting up Python packages in $(VENV) (once; a few minutes) ..."
	@command -v $(PYTHON) >/dev/null || { echo "opex needs Python 3.11: $(PYTHON) was not found. Try: make PYTHON=python3 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/ready-dev: pyproject.toml constraints.txt
	@echo "Setting up Python packages for tests and checks in $(VENV) (once; a few minutes) ..."
	@command -v $(PYTHON) >/dev/null || { echo "opex needs Python 3.11: $(PYTHON) was not found. Try: make PYTHON=python3 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(VENV)/ready-run $@

setup: $(VENV)/ready-dev

run: $(VENV)/ready-run
	@test -f var/sample.db || { echo "Loading the sample data into var/sample.db ..."; $(BIN)/opex demo --workspace sqlite:///var/sample.db; }
	@echo "Opening opex on http://127.0.0.1:$(PORT) (Ctrl+C stops it) ..."
	@$(BIN)/opex serve --sample --port $(PORT)

test: $(VENV)/ready-dev
	@echo "Running the tests (a real PostgreSQL from its wheel; a browser where Chromium is found) ..."
	@$(BIN)/python -m pytest -n auto

check: $(VENV)/ready-dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto

bench: $(VENV)/ready-dev
	$(BIN)/python -m benchmarks

format: $(VENV)/ready-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

sample: $(VENV)/ready-dev
	$(BIN)/python -m opex.sources.sample data/sample

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
