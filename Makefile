include pipeline.mk

NAME ?=
FILE ?=
# MkDocs Material advertises against MkDocs 2 at every build.
export NO_MKDOCS_2_WARNING := 1

example: install  ## Run an example in a folder of its own: NAME=digits, diabetes, mnist, resnet8, chain
	@python examples/run.py $(NAME) $(FILE) $(ARGS)

# TensorFlow keeps all that it has compiled, 10 GB a process in the end. So the tests run in parts,
# each in processes of its own; a part may have none of those that ARGS selects. The tests of
# REPRODUCED share one run of the whole pipeline.
REPRODUCED := tests/stages tests/docs tests/report tests/command
ALONE := tests/compress tests/train
PYTEST := pytest --numprocesses auto --dist worksteal

test: install lint  ## Lint, types, docs and all tests, on all cores: README.md says how long
	@for part in "$(REPRODUCED)" $(ALONE); do $(PYTEST) $$part $(ARGS) || [ $$? = 5 ] || exit 1; done
	@$(PYTEST) tests $(addprefix --ignore=,$(REPRODUCED) $(ALONE)) $(ARGS)

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

.PHONY: example test test-remotes lint docs bench lock clean
