# make book builds the book, make test proves it; make help lists the rest.
# Needs Python 3.11 to 3.14, git and make, and brings everything else into .venv.

PYTHON   ?= python3
PIP_ARGS ?=            # for pip, such as another index or a folder of wheels for torch
PORT     ?= 8000
JOBS     ?=            # labs executed, and tests run, at once; all cores if empty
LAB      ?=            # of make portable: numbers of labs, such as "08 09"; all if empty
PARTS    ?=            # of make bench: loops, pools, ngrams, training, writing, book, coursework; all if empty
EDITION  ?=            # coursework: the book without solutions, in a folder of its own

BIN  := .venv/bin
PIP  := $(BIN)/python -m pipeline.install
RUN  := $(BIN)/python -m pipeline.command

# Nothing of the user's own reaches the build.
THEIRS := $(filter PYTHON% MPL% JUPYTER% IPYTHON%,$(.VARIABLES)) SOURCE_DATE_EPOCH
unexport $(filter-out PYTHONNOUSERSITE,$(THEIRS))
export PYTHONNOUSERSITE := 1
export DOCUTILSCONFIG :=
export MATPLOTLIBRC := /dev/null

ifeq ($(EDITION),coursework)
OUTPUT := _build/coursework/
else ifneq ($(EDITION),)
$(error EDITION must be empty or coursework, got $(EDITION))
endif
JB   := EDITION=$(EDITION) $(RUN) $(BIN)/jb build . -W -n --keep-going -q $(addprefix --path-output ,$(OUTPUT))
SITE := $(OUTPUT)_build/html
SERVE := $(strip make serve $(addprefix EDITION=,$(EDITION)))

.DEFAULT_GOAL := help
.PHONY: help book built coursework test test-all portable lab serve lint bench clean FORCE

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | \
	  awk -F '|' '{ printf "  make %-11s %s\n", $$1, $$2 }'

book: built  ## execute the labs that need it and build the site
	@$(RUN) pipeline/execution.py --failed

built: .venv/ready
	@$(RUN) pipeline/execution.py $(addprefix --jobs ,$(JOBS))
	@$(JB)
	@echo "The book is ready: open $(SITE)/index.html in a browser, or run '$(SERVE)'."

coursework: .venv/taught  ## write handouts and marking bundles into dist/coursework
	@$(BIN)/python -m coursework release

test: .venv/tested  ## what is checked at every change: style, types, package, labs, book, pages
	@$(BIN)/python tests/run.py $(addprefix --jobs ,$(JOBS))

test-all: .venv/tested  ## all that is checked, every lab twice and on every code path
	@$(BIN)/python tests/run.py --all $(addprefix --jobs ,$(JOBS))

portable: .venv/tested  ## execute labs on each code path of this processor and with fresh seeds
	@$(BIN)/python tests/portable.py $(LAB) $(addprefix --jobs ,$(JOBS))

lab: .venv/ready  ## open the labs in JupyterLab
	$(BIN)/jupyter lab --config=jupyter_server_config.py notebooks

serve: built  ## show the built book at a local address
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory $(SITE)

lint: .venv/tested  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/tested  ## timings, as ratios measured in one run
	$(BIN)/python benchmarks/bench.py $(PARTS)

clean:  ## delete what was built, and keep .venv and dist/coursework
	rm -rf _build

# Each of these files holds what its part of .venv was made of: the folder, for an environment does
# not survive a move or a copy, and the checksum of what was asked for, whatever its time stamps say.
MADE   = $(CURDIR) $(shell cat $(1) | cksum)
LINE   = $(subst $() ,_,$(1))
stale  = $(if $(filter $(call LINE,$(call MADE,$(2))),$(call LINE,$(shell cat $(1) 2>&1))),,FORCE)
READY  := requirements.txt constraints.txt pyproject.toml
TAUGHT := $(READY) coursework/requirements.txt
TESTED := $(TAUGHT) tests/requirements.txt

.venv/ready: $(call stale,.venv/ready,$(READY))
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 14) else \
	  f"Python 3.11 to 3.14 is needed, this is {v[0]}.{v[1]}: make PYTHON=python3.13 ...")'
	$(PYTHON) -m venv --clear .venv
	$(PIP) $(PIP_ARGS) -r requirements.txt
	@$(BIN)/python -c 'import os, pathlib, sysconfig; \
	  pathlib.Path(sysconfig.get_path("purelib"), "here.pth").write_bytes(os.fsencode(f"{pathlib.Path.cwd()}\n"))'
	@echo "$(call MADE,$(READY))" >$@

.venv/taught: .venv/ready $(call stale,.venv/taught,$(TAUGHT))
	$(PIP) $(PIP_ARGS) -r coursework/requirements.txt
	@echo "$(call MADE,$(TAUGHT))" >$@

.venv/tested: .venv/taught $(call stale,.venv/tested,$(TESTED))
	$(PIP) $(PIP_ARGS) -r tests/requirements.txt
	@echo "$(call MADE,$(TESTED))" >$@
