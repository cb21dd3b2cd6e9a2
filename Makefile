# Everything sets itself up: `make demo` on a fresh clone makes the virtual environment, finds LLVM and runs the chain.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SLOW ?=
PROFILE ?=
NAMES ?=

.PHONY: demo test ui lint bench llvm setup doctor clean-results clean-records clean-venv help

demo: $(READY) llvm ## the whole chain through Dagster, from 3D models to the report (PROFILE=small or paper)
	$(BIN)/gsi demo $(if $(PROFILE),--profile $(PROFILE))

test: $(READY) llvm ## all tests (SLOW=1 with the slow ones)
	$(BIN)/python -m pytest -q $(if $(SLOW),-m "not gpu")

ui: $(READY) ## Dagster's and MLflow's pages on this machine, until Ctrl-C
	@$(BIN)/gsi ui

lint: $(READY) ## format, style, types, import directions, Dagster's definitions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	DAGSTER_HOME=$(CURDIR)/.dagster VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/dg check defs

bench: $(READY) llvm ## the figures that are promised, as ratios of one run (NAMES="load pairs acceptance memory official judge fit operations ray demo")
	$(BIN)/python bench/run.py $(NAMES)

llvm: ## LLVM 19 for the renderer: from the system, by apt as root, or unpacked into .cache/llvm
	@scripts/llvm.sh

setup: $(READY) ## the virtual environment alone
$(READY): pyproject.toml constraints.txt
	@scripts/venv.sh $(VENV)
	@touch $@

doctor: $(READY) ## what this machine has and lacks
	@$(BIN)/gsi doctor

clean-results: ## remove what the chain made; DVC's cache keeps it for `dvc checkout`
	rm -rf data/gsi_syn data/gates data/edits data/scores reports/report.html inspect

clean-records: ## remove logs, the runs of Dagster and MLflow, and unfinished work
	rm -rf logs mlflow.db* mlartifacts .cache/synthesize .cache/edits .cache/nightly
	find .dagster -mindepth 1 ! -name dagster.yaml -delete

clean-venv: ## remove the virtual environment
	rm -rf $(VENV)

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "make %-14s %s\n", $$1, $$2}'
