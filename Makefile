# What people do in this checkout; `make help` lists it. Everything runs from .venv, which
# bootstrap.py makes: PYTHON names the Python to make it with, ARGS goes to `parley`. build_web.py
# builds the browser client, with node from the machine or from .venv.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
RESOLVE := uv pip compile pyproject.toml --generate-hashes --no-emit-index-url --no-annotate \
	--universal --python-version 3.11 --custom-compile-command "make lock" -q \
	--no-emit-package parley

WHOLE := tests/system tests/docs tests/faults
CLIENTS := tests/browser tests/sdk tests/media
STORED := tests/auth tests/history tests/presence

.DEFAULT_GOAL := help
.PHONY: help up down status logs test check web-check dev lock conformance faults soak bench prometheus balancers compose-test

help: ## list what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

up: ## start everything on http://127.0.0.1:8080 (ARGS="--port 8090 --gateways 3")
	@$(PYTHON) bootstrap.py
	@$(PYTHON) build_web.py
	@exec $(BIN)/parley up $(ARGS)

down: ## drain and stop everything
	@exec $(BIN)/parley down $(ARGS)

status: ## list the processes
	@exec $(BIN)/parley status $(ARGS)

logs: ## show what the processes said (ARGS="gateway-1 -f")
	@exec $(BIN)/parley logs $(ARGS)

dev: ## make .venv with what tests need
	@$(PYTHON) bootstrap.py --dev

# Types and the browser client are checked beside the tests: each takes half a minute.
check: dev ## lint, types, the contract, the cores and the browser client; about a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	failed=; $(PYTHON) build_web.py --check & web=$$!; $(BIN)/mypy & types=$$!; \
	$(BIN)/python -m pytest -q -m core || failed=cores; \
	wait $$types || failed=types; wait $$web || failed=web; test -z "$$failed"

# Tests on real servers mostly wait, so four runs share two cores: of the whole stack, and of faults; of its
# clients, and of files; of what is kept in Postgres or Valkey; of the other parts. All but what is kept
# need the browser client, and begin when it is built. What needs no server is nice, and takes the time that they
# leave. The other parts are shown as they go, all else at the end.
test: dev ## all of check, the cores to their last branch; and everything else, on real servers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@said=$$(mktemp -d); run='$(BIN)/python -m pytest -q -m'; failed=; \
	nice $(BIN)/mypy >$$said/types 2>&1 & types=$$!; \
	$$run "not core" $(STORED) >$$said/stored 2>&1 & stored=$$!; \
	$(PYTHON) build_web.py --check || { kill $$types $$stored; exit 1; }; \
	(nice $(BIN)/coverage run -m pytest -q -m core && $(BIN)/coverage report) >$$said/cores 2>&1 & cores=$$!; \
	$$run "not core" $(WHOLE) >$$said/whole 2>&1 & whole=$$!; \
	$$run "not core" $(CLIENTS) >$$said/clients 2>&1 & clients=$$!; \
	$$run "not core" tests $(patsubst %,--ignore=%,$(WHOLE) $(CLIENTS) $(STORED)) || failed=parts; \
	wait $$types || failed=types; wait $$cores || failed=cores; wait $$stored || failed=stored; \
	wait $$clients || failed=clients; wait $$whole || failed=whole; \
	cd $$said && cat types cores stored clients whole; rm -r $$said; \
	test -z "$$failed" || { echo "failed: $$failed"; exit 1; }

web-check: dev ## types, lint and tests of the browser client and its library; then build it
	@$(PYTHON) build_web.py --check

lock: ## resolve the dependencies anew (needs uv)
	$(RESOLVE) --extra dev -o requirements/dev.txt
	$(RESOLVE) --extra local -c requirements/dev.txt -o requirements/local.txt
	$(RESOLVE) --extra image -c requirements/dev.txt -o requirements/image.txt
	$(RESOLVE) --extra web -c requirements/dev.txt -o requirements/web.txt
	$(subst pyproject.toml,bench/peers/requirements.in,$(RESOLVE)) -c requirements/dev.txt \
		-o bench/peers/requirements.txt

conformance: dev ## try the socket layer with Autobahn's suite (RFC 6455; needs a Python 2.7)
	$(BIN)/python -m tests.conformance

faults: dev ## kill everything in turn for 20 minutes, and count; before a release (ARGS="--seed 7")
	$(BIN)/python -m tests.faults --kept
	$(BIN)/python -m tests.faults --minutes 20 $(ARGS)

soak: dev ## let sockets come and go for an hour; memory must not grow (ARGS="--minutes 10")
	$(BIN)/python -m tests.faults.soak $(ARGS)

bench: dev ## measure speed and memory beside other servers (needs node and a C compiler); half an hour
	for scenario in fanout encodings scaling smallrooms latency mixed resume history bus_nats idle connect; do $(BIN)/python -m bench $$scenario || exit 1; done
	$(BIN)/python -m bench report

prometheus: ## unpack Debian's Prometheus into build/, for the tests that ask a real one
	@rm -rf build/prometheus && mkdir -p build/prometheus
	@cd build/prometheus && apt-get download -q prometheus && dpkg -x prometheus_*.deb .

balancers: dev ## try Parley behind nginx, HAProxy and Traefik
	@PYTHONPATH=$$(echo vendor/pip-*.whl) $(BIN)/python -m pip install -q --upgrade --no-deps \
		--target build/balancers -r tests/balancers/requirements.txt
	$(BIN)/python -m pytest -q tests/balancers/trials.py

compose-test: dev ## run the compose stack on a Docker engine, and upgrade, restore and scale it
	$(BIN)/python -m tests.containers $(ARGS)
