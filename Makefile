# Everything here works from a clean clone with Python >= 3.11, make and a package index. `make` alone lists the targets.

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
TESTING := $(VENV)/.testing
ASSETS := player_demo/dist/.built
APART := tests/e2e/cluster tests/e2e/recordings
FILMS := tests/e2e/films

.DEFAULT_GOAL := help
.PHONY: help demo cluster test live apart films rooms lint coverage fix bench soak assets install lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo: $(RUNTIME) $(ASSETS)  ## run the whole server with a test card on the air, and print the links
	@$(BIN)/headwater demo

cluster: $(TESTING) $(ASSETS)  ## run two nodes with PostgreSQL, Redis and an S3 endpoint, as plain processes
	@.ci/debian postgres redis-server
	@PYTHONPATH=. $(BIN)/python .ci/cluster.py

install: $(RUNTIME) $(ASSETS)  ## make .venv with the server and its player, ready for `.venv/bin/headwater serve`
	@echo "installed: $(BIN)/headwater"

assets: $(ASSETS)  ## build the player's script (npm if there, else npm from PyPI)

test: $(TESTING) $(ASSETS)  ## format check, lint, types, import contracts and every test, with real peers
	@.ci/debian ffmpeg ffprobe chromium strace openssl dejavu postgres redis-server
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory --jobs=4 --keep-going live apart films rooms

# Four parts beside each other. Whole programs wait for most of the time, so the rooms may have what is left of two cores.

live: $(TESTING) $(ASSETS)  ## the tests with a whole server, publishers and players
	$(BIN)/python -m pytest -p tests.house.incomplete $(APART:%=--ignore=%) $(FILMS:%=--ignore=%) tests/e2e tests/bench

apart: $(TESTING) $(ASSETS)  ## the tests with several servers, and of recordings
	$(BIN)/python -m pytest -p tests.house.incomplete $(APART)

films: $(TESTING) $(ASSETS)  ## the tests of what is uploaded and packaged
	$(BIN)/python -m pytest -p tests.house.incomplete $(FILMS)

rooms: $(TESTING) $(ASSETS)  ## the tests of all rooms
	nice -n 19 $(BIN)/python -m pytest -p tests.house.incomplete --ignore=tests/e2e --ignore=tests/bench

lint: $(TESTING)  ## format check, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

coverage: $(TESTING)  ## branch coverage of each pure module by its own test file
	@$(BIN)/python -m tests.house.coverage_by_own_tests

fix: $(TESTING)  ## format, and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(TESTING) $(ASSETS)  ## measure ourselves beside our peers, and print the figures (ARGS=--quick for a short look)
	@.ci/debian ffmpeg chromium nginx nginx-rtmp wrk postgres redis-server
	$(BIN)/python -m bench $(ARGS)

soak: $(TESTING) $(ASSETS)  ## kill the writing node of a cluster again and again, and see what viewers notice (ARGS=--help)
	@.ci/debian ffmpeg chromium postgres redis-server
	$(BIN)/python -m bench.soak $(ARGS)

lock: $(TESTING)  ## renew the lock files within the bounds of pyproject.toml
	$(BIN)/python .ci/lock.py

clean:  ## forget what was installed and built; ./data stays
	rm -rf $(VENV) build player_demo/dist player_demo/node_modules

# Stamps: what they stand for is done again only when a prerequisite is newer.

$(RUNTIME): requirements.lock pyproject.toml .ci/install.py
	@$$(.ci/python) .ci/install.py $(VENV) requirements.lock
	@touch $@

$(TESTING): requirements-test.lock requirements.lock pyproject.toml .ci/install.py
	@$$(.ci/python) .ci/install.py $(VENV) requirements-test.lock
	@touch $(RUNTIME) $@

$(ASSETS): $(RUNTIME) $(shell find player_demo -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name '*.pyc')
	$(BIN)/python player_demo/build.py
	@touch $@
