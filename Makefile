# Every target does its own set-up: Python >= 3.11, git and make are all that must be there.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: install demo test slow check bench package clean

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "rqgm needs Python >= 3.11; set PYTHON=/path/to/it"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/runtime: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

.venv/dev: .venv/runtime
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

install: .venv/dev       ## everything, into .venv

demo: .venv/runtime      ## the embedded default, cut to about three minutes on two free cores: no key, no Docker, no network
	$(BIN)/rqgm run repair -c budget.outcomes=200

test: .venv/dev          ## the plain suite; tests that need Docker or bubblewrap skip with the reason where there is none
	$(BIN)/python -m pytest -n 4 -m "not slow"

slow: .venv/dev          ## the tests that take long: whole runs, chains of edits, Docker by the command
	$(BIN)/python -m pytest -n 4 -m slow

check: .venv/dev         ## style, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev         ## the figures of README and DESIGN, as JSON in benchmarks/results/ (some hours)
	$(BIN)/python benchmarks/overhead.py --out benchmarks/results/overhead.json
	$(BIN)/python benchmarks/replacement.py --out benchmarks/results/replacement.json
	$(BIN)/python benchmarks/panels.py --out benchmarks/results/panels.json
	$(BIN)/python benchmarks/gateway.py --out benchmarks/results/gateway.json
	$(BIN)/python benchmarks/improvement.py --out benchmarks/results/improvement.json --runs archive/runs/bench
	[ -z "$$RQGM_DATA" ] || $(BIN)/python benchmarks/transfer.py --out benchmarks/results/transfer.json --runs archive/runs/bench
	[ -z "$$RQGM_DATA" ] || $(BIN)/python benchmarks/judges.py --out benchmarks/results/judges.json
	$(BIN)/python benchmarks/tampering.py --out benchmarks/results/tampering.json
	$(BIN)/python benchmarks/audit.py --out benchmarks/results/audit.json
	$(BIN)/python benchmarks/report.py --out benchmarks/results/report.json
	$(BIN)/python benchmarks/signs.py --out benchmarks/results/signs.json
	[ -z "$$RQGM_DATA" ] || $(BIN)/python benchmarks/aggregation.py --out benchmarks/results/aggregation.json
	$(BIN)/python benchmarks/nexa.py measure --parts live sizes answers --folder archive/runs/bench/nexa --out benchmarks/results/nexa.json
	$(BIN)/python benchmarks/teams.py --out benchmarks/results/teams.json --runs archive/runs/bench
	$(BIN)/python benchmarks/adversarial.py --out benchmarks/results/adversarial.json --runs archive/runs/bench

package: .venv/dev       ## the wheel, built from the sdist (never directly: ignored files would get in)
	$(BIN)/python -m build --outdir dist

clean:
	rm -rf .venv dist build
