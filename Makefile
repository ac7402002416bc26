.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
BASE ?= main
ARGS ?=
NAME ?=
JOBS ?=
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PYTHONPATH := src
# MkDocs Material advertises against MkDocs 2 at every build.
export NO_MKDOCS_2_WARNING := 1

help:  ## What can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

example: install  ## Run an example in a folder of its own: NAME=digits or NAME=diabetes
	@python examples/run.py $(NAME)

verify: install  ## Reproduce the last commit in a clone and compare: are its results real?
	@secateur verify $(ARGS)

gate: install  ## Are the metrics worse than on BASE (main) by more than limits.yaml allows?
	@secateur gate $(BASE) $(ARGS)

test: install lint  ## Lint, types, docs and all tests, on all cores (minutes)
	@pytest --numprocesses auto --dist worksteal $(ARGS)

# DVC's extras and moto hold other packages back, so no lock has them: a layer over .venv, made anew.
REMOTES := $(VENV)/remotes

test-remotes: install  ## Test workers with remotes over S3 and SSH, whose servers run here
	@uv venv --quiet --clear --python $(VENV)/bin/python $(REMOTES)
	@python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	    >$$($(REMOTES)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/layer.pth
	@uv pip install --quiet --compile-bytecode --python $(REMOTES)/bin/python dvc-s3==3.3.0 \
	    dvc-ssh==4.3.0 'moto[server]==5.2.5' $$(grep -oE '^(dvc|fsspec)==[^ ]+' requirements.lock)
	@$(REMOTES)/bin/python -m pytest tests/dvc_parallel/test_parallel_remotes.py $(ARGS)

lint: install  ## ruff, mypy, the layers of src/, and the documentation's links
	@ruff check
	@ruff format --check --quiet
	@mypy
	@lint-imports --no-logo >$(VENV)/imports.txt || { cat $(VENV)/imports.txt; exit 1; }
	@python docs/generate.py --check
	@# With --quiet, MkDocs drops the warnings that --strict counts.
	@mkdocs build --strict >$(VENV)/mkdocs.txt 2>&1 || { cat $(VENV)/mkdocs.txt; exit 1; }

docs: install  ## Generate the tables and the parameter page, and build the site into site/
	@python docs/generate.py
	@mkdocs build --strict

bench: install  ## Measure speed and memory into benchmarks/results.md (an hour and more)
	@python benchmarks/run.py $(ARGS)

lock: install  ## Resolve the dependencies of pyproject.toml anew into requirements.lock
	@uv pip compile pyproject.toml --extra dev --upgrade --generate-hashes --universal \
	    --python-version 3.11 --fork-strategy fewest --quiet --no-header --output-file requirements.lock

clean:  ## Delete the environment and what tools have cached; data, models and metrics stay
	@rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis logs site

.PHONY: help install repro report example verify gate test test-remotes lint docs bench lock clean
