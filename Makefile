# make demo: a judged, reported evaluation on a fresh machine.  make test: the tests.  Needs Python >= 3.11 only.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check

.PHONY: demo test lint lock bench clean

demo: $(VENV)/.core
	@$(PY) -m judge demo

test: $(VENV)/.test
	$(PY) -m pytest -n 2 tests

lint: $(VENV)/.test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: $(VENV)/.test
	$(PY) -m bench.speed

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "judge needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(VENV)/bin/python requirements.txt
	@echo "setting up $(VENV) (about a minute, once)"
	$(PIP) --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.test: $(VENV)/bin/python requirements-test.txt pyproject.toml
	@echo "setting up $(VENV) with what the tests need (about a minute, once)"
	$(PIP) --require-hashes -r requirements-test.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.core

# Both lock files are universal (Python >= 3.11, every platform); torch stays outside: its builds differ by machine.
lock: $(VENV)/bin/python
	$(PIP) uv
	$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --extra test pyproject.toml -o requirements-test.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache dist
