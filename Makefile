# Everything a newcomer needs: git, make and Python 3.11 or newer. The rest is installed into this folder.
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
RUN := $(UV) run --frozen
export PYTHONPATH :=
# The tests start the program hundreds of times; compiling it each time would be most of what they wait for.
unexport PYTHONDONTWRITEBYTECODE
# Behind a company's own certificate authority uv has to ask the machine whom to trust, as pip does.
export UV_SYSTEM_CERTS := true

.DEFAULT_GOAL := help
.PHONY: help run test simulate demo lint types messages bench bench-mail clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: .venv/.locked ## serve this repository's site on http://127.0.0.1:8000 and do what is due; Ctrl-C stops it
	$(RUN) publisher run

demo: .venv/.locked ## the whole story in build/demo on a simulated clock, in under a minute
	$(RUN) publisher demo

test: lint types .venv/.locked ## everything that can be checked
	$(RUN) pytest

simulate: export PUBLISHER_KILLS ?= 200
simulate: export PUBLISHER_KILL_STRIDE ?= 1
simulate: export PUBLISHER_FAULT_STRIDE ?= 1
simulate: .venv/.locked ## 10,000 random histories with faults (SIMULATE=n for others), 200 kills, every write failing in turn
	$(RUN) python -m tests.simulation
	$(RUN) pytest -n 2 -rP tests/test_kill.py tests/test_faults.py tests/test_flips.py tests/test_simulation.py

lint: .venv/.locked ## style, and the one-way flow of imports
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) lint-imports --no-cache

types: .venv/.locked ## mypy --strict
	$(RUN) mypy

messages: .venv/.locked ## collect the sentences of program, pages and mails for translation
	$(RUN) python -m tests.catalogue
	$(RUN) python -m tests.stored_help

bench: .venv/.locked ## how fast texts are compared, a tick and a build are, beside others on this machine
	$(RUN) python bench/compare.py
	$(RUN) python bench/register.py
	$(RUN) python bench/site.py

bench-mail: .venv/.locked ## how fast notices are mailed, beside others; needs smtp-source, smtp-sink and two quiet processors
	$(RUN) python bench/mail.py

clean: ## remove what was built, not what was published
	rm -rf build dist .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.locked: $(UV) uv.lock pyproject.toml
	$(UV) sync --frozen --quiet
	@touch $@

.tools/bin/uv:
	@python3 -m pip --version >/dev/null 2>&1 && pip="python3 -m pip" \
	  || { python3 -m venv .tools/venv && pip=.tools/venv/bin/pip; } \
	  || { echo "uv cannot be installed: install pip (Debian: apt install python3-pip) or uv itself." >&2; exit 1; }; \
	$$pip install --quiet --disable-pip-version-check --root-user-action ignore --target .tools uv==$(UV_VERSION)
