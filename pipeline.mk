# What a user of the pipeline makes, here and in a project that `secateur init` has made.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
BASE ?= main
ARGS ?=
JOBS ?=
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PYTHONPATH := src

help:  ## What can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' pipeline.mk $(filter-out pipeline.mk,$(MAKEFILE_LIST))

install: $(VENV)/installed  ## Create .venv with the locked dependencies, where they have changed

$(VENV)/installed: requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else \
	    f"Python 3.11 to 3.13 is needed, this is {v[0]}.{v[1]}: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@echo "Installing the locked dependencies into $(VENV): a minute or two, once"
	@$(PYTHON) -m venv --clear $(VENV)
	@# uv, from the lock like the rest, installs in a third of pip's time.
	@sed -n '/^uv==/,/^ *# via/p' requirements.lock > $(VENV)/uv.txt
	@pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@# Bytecode is compiled here: importing TensorFlow takes 20 seconds without it.
	@uv pip install --quiet --compile-bytecode --require-hashes --python $(VENV)/bin/python -r requirements.lock
	@# The project itself: the command `secateur`, and its packages from `src`.
	@uv pip install --quiet --no-deps --no-build-isolation --python $(VENV)/bin/python --editable .
	@touch $@

repro: install  ## Run what has changed and print the table; JOBS=1: one stage at a time
	@secateur repro $(if $(JOBS),--jobs $(JOBS)) $(ARGS)

report: repro  ## The same, then open the page that shows it all
	@secateur report

verify: install  ## Reproduce the last commit in a clone and compare: are its results real?
	@secateur verify $(ARGS)

gate: install  ## Are the metrics worse than on BASE (main) by more than limits.yaml allows?
	@secateur gate $(BASE) $(ARGS)

.PHONY: help install repro report verify gate
