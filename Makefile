# `make demo` is all the set-up a fresh machine needs: every target makes the virtual environment where it is missing.
PYTHON ?= python3
VENV ?= .venv
PIP_INSTALL = -m pip install --quiet --quiet --no-compile -c constraints.txt

BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := build/demo
CLEAN := build/clean

export OMP_NUM_THREADS ?= 1

.PHONY: help demo test check lint wheel examples bench format clean

help:
	@echo "make demo      set up, compile a shipped network, and run the program that comes out"
	@echo "make test      run the tests"
	@echo "make check     format, lint, types, layers, tests, and the built wheel: what CI runs"
	@echo "make format    format the code"
	@echo "make bench     measure the engine of the search: rates and ratios from one run"
	@echo "make examples  compile the networks of examples/ again"
	@echo "make clean     remove what the other targets made"

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP_INSTALL) -e ".[hf,dev]"
	@touch $@

# Adds two numbers in base 4, lowest digits first: 321 + 133 = 1120, as 57 + 31 = 88.
demo: $(READY)
	@mkdir -p $(DEMO)
	$(BIN)/distill compile examples/adder --trust -o $(DEMO)/adder.py
	@echo && cat $(DEMO)/adder.py && echo
	echo '[[1, 3], [2, 3], [3, 1], [0, 0]]' | $(BIN)/python $(DEMO)/adder.py

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(READY)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-cache

check: lint test wheel

# The wheel alone, in an environment of its own, must hold all that a compile needs.
wheel: $(READY)
	rm -rf build/lib build/bdist* $(CLEAN) build/wheel
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build/wheel .
	$(PYTHON) -m venv $(CLEAN)
	$(CLEAN)/bin/python $(PIP_INSTALL) build/wheel/distill-*.whl
	cd $(CLEAN) && bin/distill --version && bin/distill --help > help.txt
	cd $(CLEAN) && bin/distill compile ../../examples/sort -o sort.py && echo '[3, 1, 2]' | bin/python -I sort.py

examples: $(READY)
	grep '^distill compile' examples/README.md | PATH="$(abspath $(BIN)):$$PATH" sh -ex

bench: $(READY)
	$(BIN)/python -m pytest benchmarks/engine.py -s -p no:cacheprovider --benchmark-quiet --benchmark-disable-gc \
		--benchmark-timer=time.process_time

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf build *.egg-info $(VENV)
