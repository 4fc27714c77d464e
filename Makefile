# Everything runs from a clean clone with Python 3.11+ and make: each target makes the environment it needs.
PYTHON ?= python3
VENV ?= .venv
VENV2 ?= .venv-pandas2
JOBS ?= 2
BIN := $(VENV)/bin
PYTEST_ARGS ?=

# tests run beside each other: one thread each, or they fight for the cores
export OMP_NUM_THREADS ?= 1

PEERS := $(patsubst benchmarks/peers/%.txt,.peers/%/.ready,$(wildcard benchmarks/peers/*.txt))

.PHONY: help demo test test-pandas2 lint bench bench-baseline peers bench-quick clean
.DELETE_ON_ERROR:

help:
	@echo "make demo         train, backtest and report on the data that ship inside"
	@echo "make test         lint and all tests"
	@echo "make test-pandas2 the tests again with pandas 2.2"
	@echo "make lint         ruff, mypy, import layers"
	@echo "make bench        accuracy, time and memory against benchmarks/baseline.json; fails when worse"
	@echo "make bench-baseline  write that baseline anew"
	@echo "make peers        one environment for each library the benchmarks compare with"
	@echo "make bench-quick  the short benchmark; DATA=folder if the records are elsewhere"
	@echo "make clean        remove environments and everything built"

demo: $(VENV)/.ready
	$(BIN)/quarterhour demo

test: lint
	$(BIN)/python -m pytest -q -n $(JOBS) $(PYTEST_ARGS)

test-pandas2: $(VENV2)/.ready
	$(VENV2)/bin/python -m pytest -q -n $(JOBS) $(PYTEST_ARGS)

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.ready
	$(BIN)/quarterhour bench --gate benchmarks/baseline.json

bench-baseline: $(VENV)/.ready
	$(BIN)/quarterhour bench --gate benchmarks/baseline.json --update-baseline

peers: $(PEERS)

bench-quick: $(VENV)/.ready
	$(BIN)/python benchmarks/ultra_short.py --quick $(if $(DATA),--data $(DATA))

clean:
	rm -rf $(VENV) $(VENV2) .peers build dist quarterhour-demo *.egg-info .mypy_cache .ruff_cache .pytest_cache

# The stamps: an environment is made again only when what it is made of changes.
$(VENV)/.ready: pyproject.toml constraints.txt
	$(call new_venv,$(VENV))
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[dev]"
	@touch $@

$(VENV2)/.ready: pyproject.toml constraints.txt
	$(call new_venv,$(VENV2))
	grep -v '^pandas==' constraints.txt > $(VENV2)/constraints.txt
	$(VENV2)/bin/python -m pip install -q -c $(VENV2)/constraints.txt "pandas==2.2.*" -e ".[test]"
	@touch $@

.peers/%/.ready: benchmarks/peers/%.txt
	$(call new_venv,.peers/$*)
	.peers/$*/bin/python -m pip install -q -r $<
	@touch $@

define new_venv
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12" >&2; \
	exit 1; }
@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
endef
