# make quick: the whole workflow with the quick profile. make check: formatting, lint, imports and unit tests, in two
# minutes. make test: all tests, in ten. All install first.
PYTHON ?= python3.11
BIN := .venv/bin
# Each process gets whole test files (tests/support/scheduling.py), in the order of pyproject.toml, the longest first.
# Unit tests take as many processes as there are cores, all tests one more, since some of the others mostly wait.
CORES := $(shell getconf _NPROCESSORS_ONLN)
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder --maxprocesses 8 --numprocesses

.PHONY: install quick check test test-cluster lint format clean

install: .venv/.installed

.venv/.installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	touch $@

quick: install
	$(BIN)/snakemake --profile profiles/quick
	@echo "make quick: open results/quick/report.html in a browser."

check: lint
	$(PYTEST) $(CORES) tests/unit
	@echo "make check: formatting, lint, imports and unit tests are in order."

test: install
	$(PYTEST) $$(($(CORES) + 1))

test-cluster: install
	$(BIN)/python -m pytest -m cluster

lint: install
	@$(BIN)/ruff format --check . && $(BIN)/snakefmt --check Snakefile workflow/rules \
		|| { echo "make lint: the formatting is off; 'make format' mends it." >&2; exit 1; }
	$(BIN)/ruff check .
	$(BIN)/snakemake --lint

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow/rules

clean:
	rm -rf .venv
