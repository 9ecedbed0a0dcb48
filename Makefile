# The project's verbs. CI calls these; so should you. `make test` alone sets everything up.
VENV ?= .venv
PYTHON ?= python3
BIN = $(VENV)/bin

.PHONY: help check test test-all bench format lock wheel clean

help:
	@echo "make check     lint, formatting and strict types"
	@echo "make test      the test suite (minutes; no network, no key)"
	@echo "make test-all  the same with the slow suites"
	@echo "make bench     every benchmark, printed as ratios measured side by side"
	@echo "make format    format the code"
	@echo "make lock      pin what is installed into constraints.txt"
	@echo "make wheel     build the wheel and try it in a fresh environment"

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	@touch $@

check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: $(VENV)/.installed
	$(BIN)/pytest -m 'not slow'

test-all: $(VENV)/.installed
	$(BIN)/pytest

bench: $(VENV)/.installed
	$(BIN)/python -m bench

format: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.installed
	$(BIN)/pip freeze --exclude-editable | grep -v -i '^doctown' > constraints.txt

wheel: $(VENV)/.installed
	bash .ci/wheel $(PYTHON)

clean:
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
