# make demo: a judged, reported evaluation on a fresh machine.  make test: the tests.  Needs Python >= 3.11 only.
PYTHON ?= python3
VENV := .venv
LOCAL := .venv-local
AUDIT := .venv-audit
NEWEST := .venv-newest
TORCH ?= torch==2.14.1
TORCHVISION ?= torchvision==0.29.1
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-local test-newest lint audit lock bench nightly clean

demo: $(VENV)/.core
	@$(PY) -m judge demo

test: $(VENV)/.test
	$(PY) -m pytest -n 3 tests

# Models on this machine, with tiny ones built by the tests; needs no GPU and no network beyond the installation.
test-local: $(LOCAL)/.ready
	HF_HUB_OFFLINE=1 $(LOCAL)/bin/python -m pytest tests/local

# The lanes to servers on the newest releases that pyproject.toml allows: what a user gets who installs without the
# lock files. Resolved afresh each time, in an environment of its own.
LANES := $(wildcard $(addprefix tests/test_,hosted.py endpoint.py reply_table.py replies.py failures.py budget_charges.py \
  proxy.py identity.py uploads.py catalog.py weighing.py judged_schema.py local_identity.py faults_*.py bodies*.py batch*.py))

test-newest:
	@test -x $(NEWEST)/bin/python || $(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade --upgrade-strategy eager -e '.[test]'
	@$(NEWEST)/bin/python -c 'from importlib.metadata import version; print("newest releases:", *(f"{name} {version(name)}" for name in ("litellm", "openai", "anthropic", "google-genai", "aiohttp", "httpx", "httpx2", "pydantic")))'
	$(NEWEST)/bin/python -m pytest -n 3 $(LANES)

lint: $(VENV)/.test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

# Stray .pth files, loose lock files, compromised releases, and known vulnerabilities where their source can be reached.
audit: $(VENV)/.test $(AUDIT)/.ready
	$(PY) -m bench.audit

# Every promise at full size (about an hour); ONLY=kill runs the tests whose names have that word.
nightly: $(VENV)/.test
	rm -rf .figures
	JUDGE_NIGHTLY=1 JUDGE_FIGURES=$(CURDIR)/.figures $(PY) -m pytest tests/reliability -k '$(ONLY)' --durations=0 || touch .figures/failed
	$(PY) -m bench.reliability .figures
	@test ! -e .figures/failed

bench: $(VENV)/.test
	$(PY) -m bench.speed
	$(PY) -m bench.media
	$(PY) -m bench.trust

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "judge needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12 demo")'
	$(PYTHON) -m venv $(VENV)

# The project itself is installed, too, so that .venv/bin has the command judge.
$(VENV)/.core: $(VENV)/bin/python requirements.txt requirements-build.txt pyproject.toml
	@echo "setting up $(VENV) (about a minute, once)"
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --require-hashes -r requirements-build.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python requirements-test.txt pyproject.toml
	@echo "setting up $(VENV) with what the tests need (about a minute, once)"
	$(PIP) --require-hashes -r requirements-test.txt
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.core

# pip-audit has an environment of its own: nothing of it is among what the project needs.
$(AUDIT)/.ready: requirements-audit.txt
	$(PYTHON) -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.txt \
	  && touch $@ || echo "audit: pip-audit could not be installed"

# torch and torchvision come as the pair that fits this machine: make TORCH=... TORCHVISION=... test-local
$(LOCAL)/.ready: requirements-local.txt
	@echo "setting up $(LOCAL) with torch, transformers and what their tests need (6 GB, some minutes, once)"
	$(PYTHON) -m venv $(LOCAL)
	@$(LOCAL)/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)' '$(TORCHVISION)' \
	  || { echo "test-local: $(TORCH) and $(TORCHVISION) cannot be installed here; name a pair that can: make TORCH=torch==X TORCHVISION=torchvision==Y test-local"; exit 1; }
	$(LOCAL)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-local.txt
	@$(LOCAL)/bin/python -c 'import torch, torchvision, transformers' \
	  || { echo "test-local: this torch and torchvision do not fit each other, or this machine"; exit 1; }
	@touch $@

# The lock files are universal (Python >= 3.11, every platform); torch stays outside: its builds differ by machine.
# No release younger than ten days is taken: a stolen account is mostly found out by then.
NOT_AFTER = $$($(PY) -c 'from datetime import UTC, datetime, timedelta; print((datetime.now(UTC) - timedelta(days=10)).strftime("%Y-%m-%dT%H:%M:%SZ"))')
COMPILE = $(PY) -m uv pip compile --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --exclude-newer "$(NOT_AFTER)" --custom-compile-command "make lock"

lock: $(VENV)/bin/python
	$(PIP) uv
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) --extra test pyproject.toml -o requirements-test.txt
	@printf 'torch\ntorchvision\nlitellm-enterprise\n' > $(VENV)/outside-the-lock
	@printf 'fastapi\nlitellm[proxy]\npytest>=9.2\nsoundfile\nsoxr\nuvicorn\n' > $(VENV)/local-tests
	$(COMPILE) --no-annotate --extra local --excludes $(VENV)/outside-the-lock pyproject.toml $(VENV)/local-tests -o requirements-local.txt
	@printf 'editables>=0.5\nhatchling>=1.33\n' > $(VENV)/build-tools
	$(COMPILE) --no-annotate -c requirements.txt $(VENV)/build-tools -o requirements-build.txt
	@printf 'pip-audit\n' > $(VENV)/audit-tool
	$(COMPILE) --no-annotate $(VENV)/audit-tool -o requirements-audit.txt

clean:
	rm -rf $(VENV) $(LOCAL) $(AUDIT) $(NEWEST) .mypy_cache .ruff_cache dist
