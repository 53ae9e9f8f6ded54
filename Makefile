# The two commands that matter: `make run` and `make test`. Everything they need is set up on the way.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: setup run demo demo-boston test test-slow lint bench deckgl

VENV := .venv
PYTHON := $(VENV)/bin/python
COCKPIT := $(PYTHON) -m cockpit
INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check

setup: $(VENV)/.runtime           ## install everything into .venv, and nothing else

run: $(VENV)/.runtime             ## serve the cockpits; the demo district if there is no data yet
	$(COCKPIT) serve --demo

demo: $(VENV)/.runtime            ## build and publish the demo district
	$(COCKPIT) demo

demo-boston: export COCKPIT_HOME := var/boston
demo-boston: export COCKPIT_ZONE := America/New_York
demo-boston: export COCKPIT_LANGUAGE := en
demo-boston: $(VENV)/.runtime     ## real input: three months of Boston's 311 requests, as of 2011-10-01
	$(COCKPIT) areas examples/boston311/areas.csv
	$(COCKPIT) load examples/boston311/boston311.yaml
	$(COCKPIT) publish --as-of 2011-10-01
	$(COCKPIT) serve --demo

# One more than processors, since browsers and databases are waited for; more than six want too much memory.
WORKERS := $(shell n=$$(( $$(nproc 2>/dev/null || echo 2) + 1 )); echo $$(( n < 6 ? n : 6 )))
# Without it every worker and every process that a test starts would compile all modules anew.
test test-slow: export PYTHONDONTWRITEBYTECODE :=

test: $(VENV)/.tests              ## every test but the slow ones: minutes
	.ci/programs
	$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal -m 'not slow' $(PYTEST_ARGS)

test-slow: $(VENV)/.tests         ## kills, browsers, an office; and properties on many more examples
	.ci/programs
	$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal -m 'slow or hypothesis' --hypothesis-profile deep $(PYTEST_ARGS)

lint: $(VENV)/.tests
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/.tests             ## the figures of docs/figures.md; minutes, and ten million cases
	$(PYTHON) -m bench

deckgl:                           ## bundle deck.gl for the map anew; needs Node.js and npm
	cd cockpit/components/timemap/build && npm ci --ignore-scripts && npm run build

# A stamp a file of requirements: installed once per change of the file. The first line names the interpreter.
$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -c '' 2>/dev/null || { $(NEW_VENV); }
	$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.tests: requirements-dev.txt requirements-optional.txt $(VENV)/.runtime
	$(INSTALL) -r requirements-dev.txt
	@touch $@

# The newest Python that is 3.11 or later and can make a virtual environment.
define NEW_VENV
for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	echo "making $(VENV) with $$($$python --version)"; \
	exec $$python -m venv --clear $(VENV); \
done; \
echo 'error: no Python 3.11 or newer with venv: install one (Debian: apt-get install python3 python3-venv)' >&2; exit 1
endef
