# The commands a developer needs. `make demo` and `make test` install what they need into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Where the system lets us, the tests run without any network at all; Python processes have none anyway.
OFFLINE := $(shell unshare --user --map-current-user --net true 2>/dev/null && \
	echo unshare --user --map-current-user --net)

.PHONY: demo test test-hosts torture lint bench format clean

demo: $(VENV)/installed   ## watch the main job end to end, in a scratch folder
	@$(BIN)/python tests/demo.py

test: $(VENV)/installed-dev lint   ## lint, types and all tests
	$(OFFLINE) $(BIN)/pytest -n auto

test-hosts: $(VENV)/installed-dev $(if $(COMMONPLACE_TEST_HOSTS),,.hosts/installed)   ## the real clients, offline, from npm
	$(BIN)/pytest tests/hosts -n auto -p no:cacheprovider

lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python tests/strays.py

bench: $(VENV)/installed-dev   ## speed, as ratios measured in one run
	@$(BIN)/python tests/bench/run.py

torture: $(VENV)/installed-dev   ## minutes of kills, failing disks, jumping clocks and crowds; seeded
	@$(BIN)/python tests/torture/run.py

format: $(VENV)/installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache

.hosts/installed: tests/hosts/package.json
	@mkdir -p .hosts && cp $< .hosts/package.json
	npm install --prefix .hosts --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/installed
