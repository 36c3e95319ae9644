# `make demo` and `make test` are all that a fresh machine needs.
VENV ?= .venv
PYTHON ?= python3
INSTALLED := $(VENV)/.installed
# The environment's commands, `pipeline` among them, for every recipe and for DVC's stages.
export PATH := $(abspath $(VENV))/bin:$(PATH)

.PHONY: demo test lint bench

demo: $(INSTALLED) ## the whole pipeline on made-up objects, then the place of the report
	dvc repro
	@echo
	@echo "The report: $(abspath report/report.html)"

test: $(INSTALLED) ## every test that this machine can run
	pytest

lint: $(INSTALLED) ## format, rules, types
	ruff format --check .
	ruff check .
	mypy

bench: $(INSTALLED) ## the demo's time and memory; docs/performance.md has the other figures' commands
	python -m benchmarks.demo

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@
