# `make demo` and `make test` are all a fresh machine needs: each sets up .venv by itself.
PYTHON ?= python3
BIN := .venv/bin
# Where it is set, as in many containers, each process of a run compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check docs format coverage measured outside dist matrix neighbours browser screenshot niquests guard ccxt bench bench-more goals ratios nightly days cassettes clean

demo: .venv/demo
	$(BIN)/python -m pytest -c examples/pyproject.toml --rootdir examples examples -v

# In a random order each time (the header says which: -p randomly -p "randomly_seed=N" repeats it), on two cores.
# RUN="-m coverage run" measures meanwhile; `make coverage` does both. ONLY=--lf runs those that failed last.
test: .venv/test
	$(BIN)/python $(RUN) -m pytest -n 2 $(ONLY)

# What the gate adds to the tests: formatting, lint, types.
check: .venv/lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# The documentation as a site, build/docs/index.html: no network, and a warning is an error.
docs: .venv/docs
	$(BIN)/python -m sphinx -E -q -W --keep-going -n -d build/doctrees docs build/docs

format: .venv/lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

coverage: .venv/test
	$(BIN)/coverage erase
	$(MAKE) measured

# On top of what was measured before.
measured:
	$(MAKE) test niquests RUN="-m coverage run"
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

# The built wheel, without its sources, against a suite as a stranger writes it.
outside: .venv/test
	$(BIN)/python -m tests.outside.run

# The report's pages, in the machine's Chromium (Debian: apt-get install chromium).
browser: .venv/browser
	TESTS_BROWSER=required $(BIN)/python -m pytest -n 0 tests/browser

# The documentation's picture of the report, made anew from the example suite.
screenshot: .venv/browser
	$(BIN)/python -m tests.browser.screenshot

# What would be published, looked at and tried; in dist/ afterwards.
dist: .venv/dist
	$(BIN)/python -m tests.outside.sdist $(TESTS)

# The tests with each Python, pytest and age of dependencies that can be had here: an hour or two. The
# table in CONTRIBUTING.md is made from what comes of it. ROW="3.12" TESTS="tests/time" for less.
matrix: .venv/matrix
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tests.environments.matrix --row "$(ROW)" $(TESTS)

# Popular plugins beside ours, in twenty random orders. TIMES=3 for less.
neighbours: .venv-neighbours/ready
	.venv-neighbours/bin/python -m tests.environments.neighbours $(TIMES)

# niquests takes the place of urllib3, so it is tried in an environment of its own.
niquests: .venv-niquests/ready
	.venv-niquests/bin/python $(RUN) -m pytest -c tests/environments/pytest.ini --rootdir . --confcutdir tests/environments \
		tests/environments/niquests_suite.py

# Many clients at once, in a network that ends at a sentinel (which takes the right to make one): none gets past.
guard: .venv-guard/ready
	unshare -nm .venv-guard/bin/python -m tests.environments.sentinel .venv-guard/bin/python $(RUN) -m pytest \
		-c tests/environments/pytest.ini --rootdir . --confcutdir tests/environments -p no:unraisableexception \
		tests/environments/guard_suite.py

# ccxt wants each of its dependencies in one version, so it is tried in an environment of its own.
ccxt: .venv-ccxt/ready
	.venv-ccxt/bin/python -m pytest -c tests/environments/pytest.ini --rootdir . --confcutdir tests/environments \
		tests/environments/ccxt_suite.py

# What the goals are about: 25 minutes where nothing else runs, in pieces of under nine with BENCH="exchange scale".
# Each peer gets an environment of its own. What TAKE=1, TAKE=2, ... have measured is kept; `make goals` has it as a table.
BENCH ?= exchange interception imports scale server stream_fanout parallel per_test
TAKE ?= 1
bench: .venv-bench/ready
	for each in $(BENCH); do .venv-bench/bin/python benchmarks/$$each.py --to build/bench/$(TAKE) || exit 1; done

goals:
	$(PYTHON) benchmarks/goals.py

# The others that benchmarks/README.md quotes: half an hour.
bench-more: .venv-bench/ready
	for each in attack bad_days one_time report; do .venv-bench/bin/python benchmarks/$$each.py || exit 1; done

# Whether what a run costs has grown: calls are counted, no time is measured.
ratios: .venv/test
	$(BIN)/python benchmarks/ratios.py

# The repository's recordings, made anew from the simulated exchange through a real connection.
cassettes: .venv/test
	$(BIN)/python -m tests.support.record_cassettes

# The property tests, with twenty times the examples, and others each time.
nightly: .venv/test
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest --timeout 0 tests/exchange tests/cassette tests/transports/test_websocket.py tests/test_masking.py tests/days \
		tests/clients/test_secrets.py tests/clients/test_stream_secrets.py tests/cli/test_secrets.py tests/plugin/test_secrets_xdist.py

# Every scenario's bug, planted in the examples' bots and searched for: how many days that takes.
days: .venv/test
	$(BIN)/python -m tests.days.table
	$(BIN)/python -m tests.days.good listener
	$(BIN)/python -m tests.days.good trader

clean:
	rm -rf .venv .venv-* .coverage* build dist *.egg-info

# Each stamp stands for one set of installed packages.
.venv/pip:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	touch $@

.venv/demo .venv/test .venv/docs: pyproject.toml setup.cfg | .venv/pip
	$(BIN)/python -m pip install --quiet --editable ".[server]" --group $(@F)
	touch $@

.venv/lint .venv/dist .venv/browser .venv/matrix: pyproject.toml .venv/test
	$(BIN)/python -m pip install --quiet --group $(@F)
	touch $@

# An environment of its own for each of these groups.
.venv-%/ready: pyproject.toml setup.cfg
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	.venv-$*/bin/python -m pip install --quiet --editable ".[server]" --group $*
	touch $@
