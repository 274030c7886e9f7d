# The two commands of the README, and the slow targets beside them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help setup run test test-slow lint bench bench-criterion clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 18

setup: ## Install the system packages that are missing (Debian, Ubuntu)
	@tools/setup.sh build

run: setup ## Build, then show one call from the carrier to the record; stays up until Ctrl-C
	@cargo run --release --locked -- demo

test: ## The same set-up, then every test
	@tools/setup.sh test
	@tools/test.sh

test-slow: ## The long versions: 20 crashes under load, 50 quick ones, 50,000 mutated messages
	@tools/setup.sh test
	@HOTLINE_SLOW=1 HOTLINE_MUTATED=50000 cargo nextest run --locked --no-fail-fast \
		--success-output final --test main survival:: torture::mutated::

lint: ## Format and lints as the tests want them; licences and sources, where cargo-deny is installed
	@tools/setup.sh lint
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	@tools/deny.sh

bench: ## Figures of the whole engine: calls, recordings, set-ups, registrations, delays
	@tools/setup.sh test
	@tools/bench.sh

bench-criterion: setup ## Figures of single machines
	cargo bench --locked

clean: ## Remove what was built and the demo's data
	cargo clean
	rm -rf data
