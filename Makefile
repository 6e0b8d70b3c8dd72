# make book builds the book, make test proves it; make help lists the rest.
# Needs Python 3.11 to 3.13, git and make, and brings everything else into .venv.

PYTHON   ?= python3
PIP_ARGS ?=            # for pip, such as another index or a folder of wheels for torch
PORT     ?= 8000
JOBS     ?=            # labs executed at once; all cores if empty
PARTS    ?=            # of make bench: loops, ngrams, training, writing, book, coursework; all if empty
EDITION  ?=            # coursework: the book without solutions, in a folder of its own

BIN  := .venv/bin

ifeq ($(EDITION),coursework)
OUTPUT := _build/coursework/
else ifneq ($(EDITION),)
$(error EDITION must be empty or coursework, got $(EDITION))
endif
JB   := EDITION=$(EDITION) $(BIN)/jb build . -W -n --keep-going -q $(addprefix --path-output ,$(OUTPUT))
SITE := $(OUTPUT)_build/html
SERVE := $(strip make serve $(addprefix EDITION=,$(EDITION)))

.DEFAULT_GOAL := help
.PHONY: help book coursework test repro lab serve lint bench clean

help:  ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | \
	  awk -F '|' '{ printf "  make %-11s %s\n", $$1, $$2 }'

book: .venv/ready  ## execute the labs that need it and build the site
	@$(BIN)/python book/_ext/lab_runs.py $(addprefix --jobs ,$(JOBS))
	@$(JB)
	@echo "The book is ready: open $(SITE)/index.html in a browser, or run '$(SERVE)'."

coursework: .venv/taught  ## write handouts and marking bundles into dist/coursework
	@$(BIN)/python -m coursework release

test: .venv/tested lint  ## everything that is checked: lint, package, labs, book, pages
	@$(BIN)/python tests/browser.py
	$(BIN)/python -m pytest

repro: .venv/tested  ## execute every lab twice and compare figures and pages byte for byte
	$(BIN)/python -m pytest -m repro

lab: .venv/ready  ## open the labs in JupyterLab
	$(BIN)/jupyter lab notebooks

serve: book  ## show the built book at a local address
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory $(SITE)

lint: .venv/tested  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/tested  ## timings, as ratios measured in one run
	$(BIN)/python benchmarks/bench.py $(PARTS)

clean:  ## delete what was built, and keep .venv and dist/coursework
	rm -rf _build

.venv/ready: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else \
	  f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q $(PIP_ARGS) -r requirements.txt
	$(BIN)/python -m pip install -q --no-build-isolation --no-deps -e .
	@touch $@

.venv/taught: .venv/ready coursework/requirements.txt
	$(BIN)/python -m pip install -q $(PIP_ARGS) -r coursework/requirements.txt
	@touch $@

.venv/tested: .venv/taught tests/requirements.txt
	$(BIN)/python -m pip install -q $(PIP_ARGS) -r tests/requirements.txt
	@touch $@
