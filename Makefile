# `make demo` and `make test` are all that a fresh machine needs.
comma := ,
VENV ?= .venv
PYTHON ?= python3
# What is installed besides the dependencies, such as dev,blender; pyproject.toml lists all.
EXTRAS ?= dev
INSTALLED := $(VENV)/.installed-$(subst $(comma),-,$(EXTRAS))
# The environment's commands, `pipeline` among them, for every recipe and for DVC's stages.
export PATH := $(abspath $(VENV))/bin:$(PATH)

.PHONY: install demo test test-long lint bench

install: $(INSTALLED) ## the environment alone

demo: $(INSTALLED) ## the whole pipeline on made-up objects, then the place of the report
	dvc repro
	@echo
	@echo "The report: $(abspath report/report.html)"

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

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable ".[$(EXTRAS)]"
	touch $@
