# Two commands: `make demo` runs the virtual ELIANA trial; `make test` passes the tests. Each sets up what it needs.
VENV   := .venv
PYTHON ?= python3
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PATIENTS ?= 2000
# Bytecode is kept even where an image forbids it: the tests start hundreds of processes, each of which would compile the package anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test thorough lint bench docs pictures clean setup

demo: setup
	$(BIN)/livingdrug run eliana --patients $(PATIENTS) --seed 1 --out runs/eliana
	@echo
	@echo "The report is in runs/eliana/report.html"

test: setup
	$(BIN)/python -m pytest

thorough: setup
	LIVINGDRUG_THOROUGH=1 $(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup
	$(BIN)/livingdrug bench

docs: $(VENV)/.docs
	$(BIN)/python docs/site/build.py
	@echo "The pages begin at build/site/index.html"

pictures: setup
	$(BIN)/python verification/pictures.py

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e '.[dev]'
	-@$(BIN)/python -m compileall -q -j 0 -x '[/\\]tests?[/\\]' $(VENV)/lib >/dev/null  # on every processor, other people's tests left out
	@touch $(READY)

$(VENV)/.docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $(VENV)/.docs

clean:
	rm -rf $(VENV) runs build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
