# What a newcomer types. Needs: the Rust toolchain, and python3 with venv for the differential test.
# Every target works from a fresh clone; the first one builds the dependencies (some minutes).

CARGO  ?= cargo
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := target/release/kprstat
DEMO   := demo

.DEFAULT_GOAL := help
.PHONY: help build demo test test-rust test-certificate test-differential test-differential-all test-kill man lint fmt bench clean

help:
	@echo "make demo    a synthetic country of 200 000 persons over 24 months, and a release of it"
	@echo "make test    everything that must hold: unit, scenarios, laws, architecture, CLI, differential"
	@echo "make test-kill  500 runs killed at random moments"
	@echo "make man     the manual pages, in target/man"
	@echo "make lint    formatting and lints"
	@echo "make bench   speed and memory beside DuckDB and polars on the same data"
	@echo "make clean   remove what was made (the built dependencies stay; cargo clean removes them)"

build:
	$(CARGO) build --release --locked

demo: build
	./fixtures/demo.sh $(BIN) $(DEMO)

test: test-rust test-certificate test-differential

test-rust:
	$(CARGO) test --release --locked

test-certificate: $(VENV)/ready
	$(VENV)/bin/python tests/certificate/test_check_certificate.py

test-differential: build $(VENV)/ready
	$(VENV)/bin/python tests/differential/run.py --kprstat $(BIN) --scenarios
	$(VENV)/bin/python tests/differential/run.py --kprstat $(BIN) --only clean-csv
	$(VENV)/bin/python tests/differential/joined_scenarios.py target/scenarios-of-registers
	$(VENV)/bin/python tests/differential/joined.py --kprstat $(BIN)
	$(VENV)/bin/python tests/differential/joined_random.py --kprstat $(BIN)
	$(VENV)/bin/python tests/differential/calibration.py --kprstat $(BIN)

# Clean and messy, CSV and Parquet: some minutes each.
test-differential-all: build $(VENV)/ready
	$(VENV)/bin/python tests/differential/run.py --kprstat $(BIN)

# Some tens of minutes: every kill is followed by a look at all releases.
test-kill:
	KPRSTAT_KILLS=500 $(CARGO) test --release --locked --test operations killed_at_random

man: build
	$(BIN) man --out target/man

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings

fmt:
	$(CARGO) fmt

bench: build $(VENV)/ready
	$(VENV)/bin/python benches/run.py --kprstat $(BIN)

$(VENV)/ready: tests/requirements.txt
	@test -n "$(PYTHON)" || { echo "python3 is missing: install python3 and its venv module (Debian: apt-get install python3-venv)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 has no venv module: install it (Debian: apt-get install python3-venv)"; exit 1; }
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

clean:
	rm -rf $(DEMO) $(VENV) target/differential target/bench
