# make run     sets up what is missing and serves on http://127.0.0.1:8000 (PORT=… changes the port) with ./data
# make demo    the same with a believable company's data, thrown away at the end
# make test    everything that must hold, on three databases and in a browser (make test-long: what takes minutes, too)

PORT ?= 8000
CARGO ?= cargo
SIGNET = $$(scripts/target.sh)/release/signet

.DEFAULT_GOAL := help
.PHONY: help run demo build web toolchain test test-fast test-long bench openapi fmt lint clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

run: build ## set up, build and serve with ./data
	SIGNET_HTTP__LISTEN=127.0.0.1:$(PORT) SIGNET_DATA_DIR=./data exec $(SIGNET) serve

demo: build ## serve throw-away data of an imagined company
	SIGNET_HTTP__LISTEN=127.0.0.1:$(PORT) exec $(SIGNET) serve --demo

build: web ## target/release/signet, one file with everything in it
	$(CARGO) build --release --package server --bin signet

web: toolchain ## the two bundles for the browser
	scripts/web.sh

toolchain: ## install what this machine lacks
	scripts/toolchain.sh

test: ## the whole gate
	scripts/test.sh

test-fast: ## unit tests and the stories on SQLite only
	$(CARGO) nextest run --workspace -E 'not (binary(browser) or test(/(^|::)(postgres|mysql)::/))'

test-long: ## the stories that take minutes
	$(CARGO) build --workspace --bin signet
	$(CARGO) nextest run --package tests --profile long

bench: build ## how fast it is beside nginx, bare poem, smtp-source and bare sqlx; writes tests/load/results.md
	scripts/bench.sh

openapi: ## write openapi/openapi.json anew
	$(CARGO) run --quiet --package server --bin signet -- openapi > openapi/openapi.json.new
	mv openapi/openapi.json.new openapi/openapi.json

fmt: ## format
	$(CARGO) fmt --all

lint: ## clippy for the server and for the browser
	scripts/lint.sh host
	scripts/lint.sh wasm

clean: ## remove what was built
	$(CARGO) clean
	rm -rf web/dist
