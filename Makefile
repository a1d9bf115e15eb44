# Everything a person does with this checkout. CMake knows how to build; this knows what to do with it.
SHELL := /bin/bash
BUILD ?= build
JOBS ?= $(shell nproc)

.PHONY: help build run test sanitize interop browser random golden fuzz soak faults bench lint format clean

help:            ## this list
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: .*## /\t/' | expand -t 12

$(BUILD)/build.ninja: CMakeLists.txt cmake/*.cmake
	@scripts/setup.sh
	@cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release $(CMAKE_FLAGS) > $(BUILD).configure.log 2>&1 \
	  || { cat $(BUILD).configure.log; exit 1; }
	@mv $(BUILD).configure.log $(BUILD)/configure.log

build: $(BUILD)/build.ninja        ## build/tarn, after installing what is missing
	@if [ -t 1 ]; then ninja -C $(BUILD) -j $(JOBS); else ninja -C $(BUILD) -j $(JOBS) --quiet; fi

run: build       ## the whole example: generate a community, run its pipelines and tests, show what came out
	@examples/patreon/run.sh

test: build      ## every test that needs no other implementation
	@scripts/test.sh $(BUILD)

sanitize:        ## the same tests under AddressSanitizer and UndefinedBehaviorSanitizer, in build-asan/
	@$(MAKE) --no-print-directory test BUILD=build-asan CMAKE_FLAGS="-DTARN_SANITIZE=address,undefined"

interop: build   ## the same tables through Spark and delta-rs, the golden tables, and the dashboards in a browser
	@scripts/setup-peers.sh
	@TARN=$(abspath $(BUILD))/tarn tests/interop/run.sh
	@TARN=$(abspath $(BUILD))/tarn tests/golden/run.sh
	@TARN=$(abspath $(BUILD))/tarn tests/browser/run.sh

browser: build   ## the example's dashboards and the front end's fixtures in Chromium; screenshots in tests/browser/out
	@scripts/setup-peers.sh
	@TARN=$(abspath $(BUILD))/tarn tests/browser/run.sh

random: build    ## random statements by Tarn, Spark and delta-rs in turn: SEED=…, STEPS=100 a table, VARIANT=plain|mapped|… for one
	@scripts/setup-peers.sh
	@TARN=$(abspath $(BUILD))/tarn TARN_SEED=$(or $(SEED),$(shell date +%s)) TARN_STEPS=$(or $(STEPS),100) tests/interop/run.sh RandomStatements.$(VARIANT)

golden: build    ## Delta's golden tables and delta-kernel-rs's, as Spark reads them
	@scripts/setup-peers.sh
	@TARN=$(abspath $(BUILD))/tarn tests/golden/run.sh

fuzz:            ## every fuzzer for SECONDS_EACH (60) under sanitizers, in build-asan/
	@$(MAKE) --no-print-directory build BUILD=build-asan CMAKE_FLAGS="-DTARN_SANITIZE=address,undefined"
	@scripts/fuzz.sh build-asan $(or $(SECONDS_EACH),60)

soak: build      ## twenty writers of one table in four processes for SECONDS_EACH (60); sums prove that nothing is lost
	@$(BUILD)/tests/concurrency/tarn_soak --processes 4 --sessions 5 --seconds $(or $(SECONDS_EACH),60)

faults: build    ## every kind of fault at every call to the disk, for every kind of statement
	@$(BUILD)/tests/concurrency/tarn_fault_test --all

bench: build     ## the figures of bench/README.md, beside PySpark in one run
	@scripts/setup-peers.sh --evidence
	@bench/run.sh

lint:            ## arrows between rooms, leftovers, long files
	@scripts/lint.sh

format:          ## clang-format over our own sources
	@git ls-files 'src/*.h' 'src/*.cpp' 'tests/*.cpp' 'examples/*.cpp' | xargs clang-format -i

clean:           ## remove build output, keep downloads
	@rm -rf build build-asan lakehouse
