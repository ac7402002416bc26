.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
BASE ?= main
ARGS ?=
NAME ?=
JOBS ?=
VENV := .venv
# What `dvc` starts is found here too, whether or not the environment is activated.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PYTHONPATH := src

help:  ## What can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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
	@# The project itself: the command `secateur`, and its modules from `src`.
	@uv pip install --quiet --no-deps --no-build-isolation --python $(VENV)/bin/python --editable .
	@touch $@

repro: install  ## Run what has changed, print the results; JOBS=2: so many stages at once
	@python stages/check_params.py
	@SECATEUR_TABLE=later $(if $(JOBS),secateur repro --jobs $(JOBS),dvc repro)
	@echo; cat metrics/summary.md

report: repro  ## The same, then open the page that shows it all
	@echo; echo "metrics/report.html is the page; metrics/report.md the same for a pull request"
	@python -c 'import pathlib, webbrowser; \
	    webbrowser.open(pathlib.Path("metrics/report.html").resolve().as_uri())'

example: install  ## Run an example in a folder of its own: NAME=digits or NAME=diabetes
	@python examples/run.py $(NAME)

verify: install  ## Reproduce the last commit in a clone and compare: are its results real?
	@python -m secateur.ci.verify $(ARGS)

gate: install  ## Are the metrics worse than on BASE (main) by more than limits.yaml allows?
	@python -m secateur.ci.gate $(BASE) $(ARGS)

test: install lint  ## Lint, types, and all tests (minutes)
	@pytest

lint: install  ## ruff and mypy
	@ruff check
	@ruff format --check --quiet
	@mypy

tensorboard: install  ## Follow a run in the browser
	@tensorboard --logdir logs 2> >(grep --line-buffered -E "TensorBoard |rror" >&2)

bench: install  ## Measure speed and memory into benchmarks/results.md (an hour and more)
	@python benchmarks/run.py

bench-quick: install  ## The same in two minutes, with fewer repeats, printed only
	@python benchmarks/run.py --quick --out /dev/null

bench-scaling: install  ## Measure stages side by side into benchmarks/scaling.md (an hour)
	@python benchmarks/scaling.py $(ARGS)

bench-peers:  ## JAX and PyTorch, which the benchmark compares with, in an environment of their own
	@$(PYTHON) -m venv benchmarks/.venv
	@benchmarks/.venv/bin/pip install --quiet -r benchmarks/requirements.txt

lock: install  ## Resolve the dependencies of pyproject.toml anew into requirements.lock
	@uv pip compile pyproject.toml --extra dev --upgrade --generate-hashes --universal \
	    --python-version 3.11 --fork-strategy fewest --quiet --no-header --output-file requirements.lock

clean:  ## Delete the environment and what tools have cached; data, models and metrics stay
	@rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis logs

.PHONY: help install repro report example verify gate test lint tensorboard bench bench-quick bench-scaling bench-peers lock clean
