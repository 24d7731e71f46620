# Two commands on a fresh machine: `make demo` shows the engine at work, `make test` proves it. `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
MUTATION := $(VENV)/.mutation
FUZZ := $(VENV)/.fuzz
PEERS := .peers

.DEFAULT_GOAL := help
.PHONY: crowd faults help demo test check format bench scale peers mutation rulebook-mutants audit-soak soak simulator chaos temporal fleet verify clean security fuzz

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | awk -F'\t' '{printf "  make %-17s %s\n", $$1, $$2}'

demo: $(RUN)  ## run the main job on the example portfolio: 120 days, two policies, SQLite, a folder of letters
	@$(BIN)/dunning demo --config examples/portfolio/dunning.toml

test: $(DEV)  ## every test, with coverage of floors 0 to 3
	@$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=
	@$(BIN)/python -m coverage report --include='dunning_engine/kernel/*,dunning_engine/domain/*,dunning_engine/policy/*,dunning_engine/compliance/*,dunning_engine/decision/*' --fail-under=100 --skip-covered

check: $(DEV)  ## lint, format, types, floors, tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

format: $(DEV)  ## put the code in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(DEV)  ## benchmarks as a table; JSON in out/bench.json
	@$(BIN)/python -m bench --json out/bench.json

CASES ?= 10000 100000
scale: $(DEV)  ## durable advance over portfolios of which 1 in 100 is due, SQLite and PostgreSQL; CASES="1000000" is the long run
	@$(BIN)/python -m bench.scale --cases $(CASES) --json out/scale.json

LINES ?= 1000
ROUNDS ?= 3
peers: $(DEV) $(PEERS)/.done  ## side by side with Tryton, rule engines and state-machine libraries; LINES=10000 ROUNDS=1 is the long run
	@$(BIN)/python -m bench.peers --python $(PEERS)/bin/python --lines $(LINES) --rounds $(ROUNDS) --json out/peers.json

MODULE ?=
mutation: $(MUTATION)  ## change compliance/ in every way mutmut knows: 95 of 100 have to be noticed (20 minutes); MODULE=gate is a part
	@$(BIN)/python tools/mutation.py $(MODULE)

rulebook-mutants: $(DEV)  ## change every number, date and word of the rulebooks once: each has to fail a case (2 minutes)
	@$(BIN)/python tools/rulebook_mutants.py

HISTORIES ?= 5000
audit-soak: $(DEV)  ## gate against auditor over generated histories; HISTORIES=100000 is the long run
	@DUNNING_AUDIT_HISTORIES=$(HISTORIES) $(BIN)/python -m pytest -n 0 tests/properties/test_auditor_properties.py

WORKERS ?= 32
CASES ?= 30
crowd: $(DEV)  ## many workers on ten debtors: no limit is exceeded, nothing goes twice; CASES=200 is the long run
	@DUNNING_CROWD_WORKERS=$(WORKERS) DUNNING_CROWD_CASES=$(CASES) $(BIN)/python -m pytest -n 0 --no-cov tests/unit/engine/test_hot_debtors.py

soak: EXAMPLES = 1200
soak: $(DEV)  ## everything that may befall a case, under the whole language and each shipped policy; EXAMPLES=20000 is the long run
	@$(BIN)/python tools/soak.py --examples $(EXAMPLES)

SEEDS ?= 100
STEPS ?= 200
RACES ?= 1000
simulator: $(DEV)  ## the real engine on a made-up clock, with crashes, lost answers and races; SEEDS=5000 RACES=10000 is the long run
	@$(BIN)/python tests/simulator/simulator.py --seeds $(SEEDS) --steps $(STEPS) --races $(RACES)

KILLS ?= 25
BACKEND ?= sqlite
chaos: $(DEV)  ## kill real processes with -9, at random and at every labelled point, against a ledger of effects; BACKEND=postgres KILLS=1000 RESTARTS=100; WORKER=1 takes `dunning worker`
	@$(BIN)/python tests/chaos/chaos.py --kills $(KILLS) --backend $(BACKEND) $(if $(RESTARTS),--restarts $(RESTARTS)) $(if $(WORKER),--worker)

faults: $(DEV)  ## full and failing disks, cut lines, damaged pages, changing policies: every place of each (an hour)
	@DUNNING_FAULTS=all $(BIN)/python -m pytest -n 0 --no-cov tests/faults

temporal: $(DEV)  ## every test of a policy as durable workflows on a Temporal server, and workers killed; KILLS=100 is the long run
	@DUNNING_TEMPORAL=all DUNNING_TEMPORAL_KILLS=$(KILLS) $(BIN)/python -m pytest -n 0 -s -o faulthandler_timeout=3600 tests/temporal

DEBTORS ?= 300
fleet: $(DEV)  ## workflows, updates, signals and deliveries a second on a Temporal server of this machine; DEBTORS=2000
	@$(BIN)/python -m bench.fleet --debtors $(DEBTORS) --json out/fleet.json
	@$(BIN)/python -m bench.fleet --debtors $(DEBTORS) --locked --json out/fleet-locked.json

EXAMPLES ?= 500
verify: $(DEV)  ## drive the shipped policies through trouble; EXAMPLES=20000 is the long run
	@for policy in policies/us-consumer.yaml policies/eu-business.yaml; do $(BIN)/dunning verify $$policy --examples $(EXAMPLES) || true; done

security: $(DEV)  ## bandit over the package, known vulnerabilities of what is installed: nothing may be left unanswered
	@$(BIN)/python -m bandit -q -c pyproject.toml -r dunning_engine
	@$(BIN)/python tools/dependencies.py

SECONDS ?= 60
fuzz: $(FUZZ)  ## changed policies, templates, events and signed messages against their readers, SECONDS each
	@$(BIN)/python tools/fuzz.py --seconds $(SECONDS)

clean:  ## forget environments and outputs
	rm -rf $(VENV) $(PEERS) out mutants examples/portfolio/out

$(VENV)/bin/python:
	@echo "Making an environment in $(VENV) …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …"; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(RUN): $(VENV)/bin/python pyproject.toml
	@echo "Installing dunning_engine …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[us,einvoice,templates]'
	@touch $@

$(DEV): $(VENV)/bin/python pyproject.toml
	@echo "Installing dunning_engine and what its tests need …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(RUN)

$(MUTATION): $(DEV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[mutation]'
	@touch $@

$(FUZZ): $(DEV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	@touch $@

$(PEERS)/.done: bench/peers/requirements.txt
	@echo "Making an environment for the peers in $(PEERS) …"
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
