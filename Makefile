# `make demo` and `make test` are all that a fresh machine needs.
comma := ,
VENV ?= .venv
PYTHON ?= python3
stamp = $(VENV)/.installed-$(subst $(comma),-,$(1))
# The demo needs no tools for tests. It takes an environment that has them, or the EXTRAS that are given.
DEMO := $(or $(and $(EXTRAS),$(call stamp,$(EXTRAS))),$(firstword $(wildcard $(VENV)/.installed-dev*)),$(call stamp,lite0$(comma)view))
# What is installed besides the dependencies, such as dev,blender; pyproject.toml lists all.
EXTRAS ?= dev
INSTALLED := $(call stamp,$(EXTRAS))
# The environment's commands, `pipeline` among them, for every recipe and for DVC's stages.
export PATH := $(abspath $(VENV))/bin:$(PATH)

.PHONY: install demo compare test test-long lint bench

install: $(INSTALLED) ## the environment alone

demo: $(DEMO) ## the whole pipeline on made-up objects, then the place of the report
	dvc repro
	@echo
	@echo "The report: $(abspath report/report.html)"
	@echo
	@echo "To keep this result, so that later ones can be compared with it:"
	@echo "    source $(VENV)/bin/activate"
	@echo "    git add dvc.lock params.yaml data_manifests"
	@echo "    git commit -m 'Results of the demo'"
	@echo "After the next 'dvc repro', 'dvc metrics diff' and 'make compare' show what changed."

compare: $(DEMO) ## the metrics of commits and experiments beside each other
	@pipeline compare

test: $(INSTALLED) ## every test that this machine can run, without the long campaigns
	pytest

test-long: $(INSTALLED) ## the long campaigns: every setting, many kills, a full disk, `dvc repro`
	pytest -m long

lint: $(INSTALLED) ## format, rules, types
	ruff format --check .
	ruff check .
	mypy

bench: $(INSTALLED) ## the demo's time and memory; docs/performance.md has the other figures' commands
	python -m benchmarks.demo

# Where it is set, as in many containers, each of the demo's processes would compile the project again, for two seconds.
unexport PYTHONDONTWRITEBYTECODE
# Where it is set, `python -m` does not find the project's modules.
unexport PYTHONSAFEPATH

$(VENV)/.installed-%: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pipeline.upkeep.install ".[$(subst -,$(comma),$*)]"
	touch $@
