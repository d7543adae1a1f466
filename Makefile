# xianbao: everything a person types. `make demo` and `make test` set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := var/demo
MESSY := var/messy
PEERS := var/peers-venv
SLIPS_PEERS := var/slips-peers-venv
BI := var/bi-venv
# Nothing of ours, and no library of ours, talks to anyone.
export DO_NOT_TRACK = 1
export GX_ANALYTICS_ENABLED = false
export PREFECT_SERVER_ANALYTICS_ENABLED = false
# Bytecode is kept wherever this is run: without it every start, and every worker of the tests, compiles all anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo serve serve-stop loop sample messy slips test test-quick coverage mutants lint fuzz faults bench bench-nights bench-peers slips-peers bi lock audit docs contract clean

# Versions and hashes come from the lock; bytecode is compiled now, for it halves every later start (but not the module
# for Python 2 that olefile still carries).
$(READY): requirements.lock pyproject.toml
	@echo "setting up $(VENV): a minute or two"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --no-compile -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --no-compile --editable .
	@$(BIN)/python -m compileall -q -j 0 -x olefile2 $(VENV)/lib flows tasks expectations warehouse
	@touch $@

demo: $(READY)
	@test -d $(DEMO)/inbox || $(BIN)/xianbao sample --out $(DEMO)/inbox --seed 2017
	@XIANBAO_ROOT=$(DEMO) $(BIN)/xianbao run

# Prefect's server, the deployments and a worker on this machine, in the background: docs/how-to/schedule.md. Also after a
# reboot; twice is harmless.
serve: $(READY)
	@deploy/serve

serve-stop:
	@deploy/serve-stop

# The schedule for real, with what may happen to it in years, and its times: kill -9 of all in mid-night, and so on.
loop: $(READY)
	$(BIN)/python -m pytest -n 0 -s -q tests/flow/test_loop.py

sample: $(READY)
	$(BIN)/xianbao sample --out var/sample --seed 2017
	$(BIN)/xianbao sample --out var/sample-faulty --seed 2017 --faulty
	$(BIN)/xianbao sample --out var/sample-messy --seed 2017 --messy

# The night over the messy province, habit by habit; writes docs/explanation/messy-province.md.
messy: $(READY)
	@rm -rf $(MESSY)
	$(BIN)/python -m tests.messy_table --folder $(MESSY)

# Slips of clerks planted in clean provinces and judged, kind by kind; writes docs/explanation/slips.md. Some ten minutes.
slips: $(READY)
	$(BIN)/python -m tests.slips.run --page docs/explanation/slips.md

# Four at a time, for many wait; file by file: what the tests of a file share is made once. The long ones come first.
test: $(READY)
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

# While one works, within a minute: the unit and property tests of what is changed SINCE a commit that fill no store; of
# all that there is where nothing is. QUICK names others, as tests/engine.
SINCE ?= HEAD
QUICK ?= $(shell $(BIN)/python -m tests.quick --since $(SINCE))
test-quick: $(READY)
	$(BIN)/python -m pytest -n 4 --dist loadfile -q -m "not store" $(QUICK)

# The same, with the lines and branches that no test comes by; fails below the floor in pyproject.toml. It takes some 70 % more.
coverage: $(READY)
	$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder --cov --cov-report=term

# Changes a part of the code in a copy of the tree, one thing at a time, and shows the changes that the tests let live:
# those that import the part, or TESTS. Where these start from whole nights it takes hours; name the quick ones.
PART ?= warehouse/marts/comparison.py
mutants: $(READY)
	$(BIN)/python -m tests.mutation $(PART) $(if $(TESTS),--tests $(TESTS))

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/xianbao rules --check

# Mutants of good files, as many as FUZZ says; a few hundred are among the tests.
FUZZ ?= 5000
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz.run --seeds $(FUZZ)

# Kills, full disks, runs at one moment, readers while snapshots flip; some are among the tests. KILLS are of nights, a
# quarter as many of each of the eleven other commands, half as many full disks: 1,500 kills, a good half hour on a tmpfs.
# Those who are killed cannot give back their semaphores, which Python would say a thousand times.
KILLS ?= 400
READS ?= 10000
faults: $(READY)
	$(BIN)/python -W ignore::UserWarning:multiprocessing.resource_tracker -m tests.faults.run --kills $(KILLS) --reads $(READS)

bench: $(READY)
	$(BIN)/python -m tests.bench.reading
	$(BIN)/python -m tests.bench.night
	$(BIN)/python -m tests.bench.night --faulty --repeat 1
	$(BIN)/python -m tests.bench.engine
	$(BIN)/python -m tests.bench.nation_marts

# A thousand nights of one file each: how the store grows, and a night with it. Hours; NIGHTS=100 says less, sooner.
NIGHTS ?= 1000
bench-nights: $(READY)
	$(BIN)/python -m tests.bench.nights --nights $(NIGHTS)

# What we are compared with has an environment of its own.
$(PEERS)/.ready: tests/bench/peers/requirements.lock
	@echo "setting up $(PEERS): a minute or two"
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --no-compile -r $<
	@$(PEERS)/bin/python -m compileall -q -j 0 $(PEERS)/lib
	@touch $@

bench-peers: $(READY) $(PEERS)/.ready
	$(BIN)/python -m tests.bench.peers.run $(PEERS)

# Our outliers, least corrections, powers of ten and scores beside Statistics Canada's and the ONS's, on the same data.
$(SLIPS_PEERS)/.ready: tests/slips_peers/requirements.lock
	@echo "setting up $(SLIPS_PEERS): a minute"
	@$(PYTHON) -m venv $(SLIPS_PEERS)
	@$(SLIPS_PEERS)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --no-compile -r $<
	@touch $@

slips-peers: $(READY) $(SLIPS_PEERS)/.ready
	$(BIN)/python -m tests.slips_peers.run $(SLIPS_PEERS)

# Superset, and the validator of the semantic model, have an environment of their own too.
$(BI)/.ready: tests/bi/requirements.lock
	@echo "setting up $(BI): a minute or two"
	@$(PYTHON) -m venv $(BI)
	@$(BI)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --no-compile -r $<
	@$(BI)/bin/python -m compileall -q -j 0 $(BI)/lib
	@touch $@

# The demo in a real Superset: bundle imported, every chart asked and held against the scorecard, dashboard drawn.
bi: demo $(BI)/.ready
	$(BIN)/python -m tests.bi.run $(BI) $(DEMO) var/bi

# Licences and a bill of materials of what the lock installs; advisories, where their source can be reached (else it
# says so, and exits with 2).
audit: $(READY)
	$(BIN)/python -m tests.audit

docs: $(READY)
	$(BIN)/python -m warehouse.codebook.dictionary > docs/reference/data-dictionary.md

# Freezes what marts.csv says under the version in warehouse/codebook/contract_version.py; refuses what breaks a frozen version.
contract: $(READY)
	$(BIN)/python -m warehouse.snapshots.contract docs/reference/contract

# No registry host in the file: whoever installs names their own.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--extra postgresql --group dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) var build *.egg-info
