# make quick: the whole workflow with the quick profile. make check: formatting, lint, imports and unit tests, in three
# minutes on two cores. make test: all tests, in twenty. All install first, from the locked requirements (make lock).

# Any of Python 3.11 to 3.14 that can make an environment; the machine's own python3 first. Another: make PYTHON=...
ifndef PYTHON
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$name -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null \
	&& echo $$name && break; done)
endif
# The build of PyTorch: cpu, or cuda for NVIDIA GPUs, which is seven times as large. Another than this machine's:
# make TORCH=...
ifndef TORCH
TORCH := $(shell command -v nvidia-smi >/dev/null && echo cuda || echo cpu)
endif
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes --requirement
# Each process gets whole test files (tests/support/scheduling.py), in the order of pyproject.toml, the longest first.
# Unit tests take as many processes as there are cores, all tests one more, since some of the others mostly wait.
CORES := $(shell getconf _NPROCESSORS_ONLN)
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder --maxprocesses 8 --numprocesses

PUBLISHED ?= docs/results/paper-a
RESULTS ?= results

.PHONY: install torch-cpu torch-cuda lock quick compare check test test-cluster lint format clean

install: .venv/.installed

.venv/.installed: requirements.txt requirements-cpu.txt requirements-cuda.txt
	$(if $(PYTHON),,$(error make: found no Python 3.11 to 3.14 with venv. Install one (Debian: apt-get install \
python3-venv), or name it: make PYTHON=/path/to/python3))
	$(PYTHON) -m venv .venv
	$(PIP) requirements.txt
	@$(MAKE) --no-print-directory torch-$(TORCH)
	touch $@

torch-cuda:
	$(PIP) requirements-cuda.txt

# From where pip looks, such as a company's index, else from PyTorch's own index, whose place uv knows.
torch-cpu:
	$(PIP) requirements-cpu.txt 2>/dev/null || $(BIN)/uv pip install --python $(BIN)/python --torch-backend cpu \
		--no-deps --require-hashes --requirement requirements-cpu.txt || { echo "make: PyTorch's build for the CPU \
	cannot be reached from here. The build for NVIDIA GPUs trains on the CPU, too (3 GB): make TORCH=cuda" >&2; exit 1; }

# What tests and formatting need besides.
.venv/.tested: .venv/.installed requirements-test.txt
	$(PIP) requirements-test.txt
	touch $@

lock: .venv/.tested
	$(BIN)/python envs/lock.py $(UPGRADE)
	$(BIN)/python -m pytest -m registry tests/unit/test_installation.py

quick: install
	$(BIN)/snakemake --profile profiles/quick
	@echo "make quick: open results/quick/report.html in a browser."

# Your own run next to the published one (docs/results), configuration by configuration.
compare: install
	PYTHONPATH=workflow $(BIN)/python -m rnn_audio compare $(PUBLISHED) $(RESULTS)

check: lint
	$(PYTEST) $(CORES) -m "not long and not registry and not emulated" tests/unit
	@echo "make check: formatting, lint, imports and unit tests are in order; make test also plays a GPU."

test: .venv/.tested
	$(PYTEST) $$(($(CORES) + 1))

test-cluster: .venv/.tested
	$(BIN)/python -m pytest -m cluster

lint: .venv/.tested
	@$(BIN)/ruff format --check . && $(BIN)/snakefmt --check Snakefile workflow/rules \
		|| { echo "make lint: the formatting is off; 'make format' mends it." >&2; exit 1; }
	$(BIN)/ruff check .
	$(BIN)/snakemake --lint

format: .venv/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow/rules

clean:
	rm -rf .venv
