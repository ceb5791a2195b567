# The whole developer surface. `make demo` runs the agent, `make test` proves it; both install what they need.

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --no-sync

.PHONY: demo test browser screens security check format bench bench-long models clean help

# Tests that start the whole agent or a browser take the machine for themselves; all others run two at a time.
WHOLE := tests/app tests/benchmarks tests/browser tests/security

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: .venv/installed ## install, build the pages, check the models and serve on http://127.0.0.1:8080
	@$(RUN) agent serve

# The agent is started dozens of times: where bytecode may not be kept, half of each start is compiling.
test security bench bench-long: export PYTHONDONTWRITEBYTECODE =

test: .venv/installed-dev ## everything that CI runs: style, types, layers, tests in a real browser
	@sh tests/install_browser.sh
	@sh tests/install_databases.sh
	@sh tests/install_turn.sh
	@$(MAKE) --no-print-directory check
	@$(RUN) python webclient/npm.py ci --silent --no-audit --no-fund
	@$(RUN) python webclient/npm.py run --silent check
	@$(RUN) python webclient/npm.py test --silent
	@failed=; $(RUN) pytest -q -n 2 --dist loadfile $(WHOLE:%=--ignore=%) || failed=1; \
	  $(RUN) pytest -q $(WHOLE) || failed=1; test -z "$$failed"

browser: .venv/installed-dev ## only the pages, in real Chromium and Firefox against the real server
	@sh tests/install_browser.sh
	@$(RUN) python webclient/npm.py ci --silent --no-audit --no-fund
	@$(RUN) pytest -q tests/browser

screens: .venv/installed-dev ## pictures of every state of the pages, in both themes and languages, in artefacts/screens
	@sh tests/install_browser.sh
	@$(RUN) python -m tests.browser.screens

security: .venv/installed-dev ## the long forms: fuzzing, 10,000 broken offers and messages, every database, crashes
	@sh tests/install_browser.sh
	@sh tests/install_databases.sh
	@sh tests/install_turn.sh
	@$(RUN) pytest -q -m security
	@$(RUN) agent sbom
	@$(RUN) python -m tests.security.audit

check: .venv/installed-dev ## style, types and the direction of imports
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports --no-cache

format: .venv/installed-dev ## let ruff lay out the code
	@$(RUN) ruff check --fix . && $(RUN) ruff format .

bench: .venv/installed-dev ## measure everything on this machine in some 25 minutes; figures and plots in build/bench
	@$(RUN) python -m benchmarks.suite

bench-long: .venv/installed-dev ## the same for a night, until the figures are sure
	@$(RUN) python -m benchmarks.suite --long

models: .venv/installed ## what models there are, and whether they are the right ones
	@$(RUN) agent models verify

clean: ## remove everything that was installed or built here
	rm -rf .venv .tools agent/static webclient/node_modules artefacts build

.tools/bin/uv:
	@echo "· installing uv (once, into .tools)"
	@$(PYTHON) -m venv .tools 2>/dev/null || { echo "· this Python has no venv; asking apt for it"; $$(test $$(id -u) = 0 || echo sudo) apt-get install -y -qq python3-venv && $(PYTHON) -m venv .tools; }
	@.tools/bin/pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/installed: pyproject.toml uv.lock $(shell find webclient -path webclient/node_modules -prune -o -type f -print) | $(filter .tools/%,$(UV))
	@sh tests/install_system_libraries.sh
	@echo "· installing packages and building the pages (the first time takes some minutes)"
	@$(UV) sync --no-dev
	@touch $@

.venv/installed-dev: pyproject.toml uv.lock $(shell find webclient -path webclient/node_modules -prune -o -type f -print) | $(filter .tools/%,$(UV))
	@sh tests/install_system_libraries.sh
	@echo "· installing packages and what tests need"
	@$(UV) sync --extra multilingual --extra telemetry
	@touch $@ .venv/installed
