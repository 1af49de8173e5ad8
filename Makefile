# Each target is small; .ci/run calls the same ones.
GO       ?= go
PACKAGES ?= ./...
BIN      ?= bin
COMMANDS := $(notdir $(wildcard cmd/*))
# Packages that run in the test's own process: the race detector sees nothing of processes that
# tests start, and would only slow the root's, which read the repository. Those that wait longest come first.
UNIT      = $(shell $(GO) list ./loadgen/... ./services/... ./... | grep -v -e '^loadlab$$' -e '^loadlab/test/')
PAGE      = tools/page/node_modules
# Those of the images, as deploy/Dockerfile has them.
TAGS      = $(shell sed -nE 's/.* -tags ([a-z,]+) .*/\1/p' deploy/Dockerfile)
LINT      = $(GO) tool -modfile=tools/go.mod golangci-lint
VERSION  ?= $(shell ./tools/version)
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)

.PHONY: help build check check-all fmt vet lint deadcode test race structure page-check page-test generate consistency integration e2e-lab browser screenshots stack crash soak licences vulncheck rules pins arm64 release release-test experiments bench-overhead bench-loadgen bench-runtimes fuzz clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

build: ## build every command into bin/
	$(GO) build -trimpath -ldflags '-X loadlab/internal/app.version=$(VERSION) -X loadlab/internal/app.revision=$(REVISION)' -o $(BIN)/ $(addprefix ./cmd/,$(COMMANDS))

# What only reads runs two at a time. The tests of race have time limits, so nothing runs next to them.
check: ## what every change must pass
	@$(MAKE) --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync) lint deadcode vet structure page-check page-test fmt
	@$(MAKE) --no-print-directory race consistency

check-all: check licences rules arm64 release-test integration e2e-lab browser stack ## everything, with real databases, browsers and containers

fmt: ## fail if a file is not formatted
	@files=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$files" ]; then echo "not formatted: $$files"; exit 1; fi

vet: ## go vet for the systems and build tags that lint, whose linters include it, does not see
	GOOS=darwin $(GO) vet ./internal/... ./services/... ./loadgen/...
	$(GO) vet -tags $(TAGS) ./services/items

lint: ## linters and go vet, as .golangci.yml lists them
	$(LINT) run $(PACKAGES)
	cd tools && $(GO) tool golangci-lint run --config ../.golangci.yml ./...

deadcode: ## fail if a function of the commands is reached by tests alone
	@dead=$$($(GO) tool -modfile=tools/go.mod deadcode ./cmd/... ./bench/...) || exit 1; if [ -n "$$dead" ]; then echo "$$dead"; exit 1; fi

test: ## unit tests, with Go alone
	$(GO) test $(PACKAGES)

# Most of these tests wait, so more packages than cores are tested at once. page-test runs those of the page.
race: ## unit tests under the race detector, in random order
	GORACE=atexit_sleep_ms=100 $(GO) test -p 4 -race -shuffle=on -skip PageComputes $(UNIT)

structure: ## layers, documentation and wording, as the tests of the root read them
	$(GO) test -count=1 .

page-check: $(PAGE)/.package-lock.json ## types and rules of the console's page: needs Node and npm
	$(PAGE)/.bin/tsc -p console
	cd console && ../$(PAGE)/.bin/biome lint --error-on-warnings

# npm writes this file last, so it is as old as what is installed.
$(PAGE)/.package-lock.json: tools/page/package-lock.json
	@command -v npm >/dev/null || { echo "page-check needs npm, which comes with Node.js 18 or newer (Debian: apt-get install npm)"; exit 1; }
	npm ci --prefix tools/page --no-audit --no-fund
	@touch $@

page-test: ## the page's computations and sentences, without a browser: needs Node
	LAB_REQUIRE=1 $(GO) test -count=1 -run PageComputes ./console

generate: ## write the generated parts of the documentation, the schema of scenarios, and the OpenAPI document as JSON
	$(GO) test . -run Documented -update

consistency: generate ## fail if a generated file is stale, or go.mod is not tidy
	$(GO) mod tidy -diff
	git diff --exit-code -- docs README.md SECURITY.md console/static/glossary internal/web/openapi examples loadgen/cli/share

# One package at a time: these tests measure time.
integration: ## real processes, real databases, attacks, timing, experiments without their cause
	LAB_REQUIRE=1 LAB_TIMING=1 $(GO) test -p 1 -count=1 ./test/integration/... ./test/attack/... ./test/conventions/... ./test/runtimes/... ./services/items/... ./bench/overhead/...
	LAB_REQUIRE=1 LAB_TIMING=1 $(GO) test -count=1 -tags $(TAGS) -run Postgres ./services/items
	LAB_REQUIRE=1 LAB_TIMING=1 $(GO) test -count=1 -run StallOfASecond ./loadgen
	LAB_REQUIRE=1 LAB_TIMING=1 $(GO) test -p 1 -count=1 -timeout 20m ./experiments/...

experiments: ## every experiment, on an idle machine; writes the table of docs/experiments.md
	$(GO) run ./cmd/lab run --all --out out/experiments --table docs/experiments.md

e2e-lab: ## the end-to-end suite, which uses only URLs, against the lab without containers
	LAB_REQUIRE=1 ./test/e2e/on-lab
	LAB_REQUIRE=1 $(GO) test -count=1 ./test/lab

TRIES ?= 10

crash: ## cause each fault TRIES=10 times: kills, broken networks, full disks, clocks, containers (needs Docker, root); prints the rows of docs/reliability.md
	LAB_REQUIRE=1 LAB_TRIES=$(TRIES) $(GO) test -v -count=1 -timeout 2h -run '^TestFaults' ./test/lab
	LAB_REQUIRE=1 LAB_TRIES=$(TRIES) $(GO) test -v -count=1 -run 'TheClockIsSet|BrokenNetwork|NetworkDoes' ./services/items ./internal/telemetry ./lab/prom
	LAB_REQUIRE=1 LAB_TRIES=$(TRIES) $(GO) test -v -count=1 -timeout 2h -run 'TestStack/crash_and_cut' ./test/stack

SOAK ?= 20m

soak: ## run the lab for SOAK=20m with random faults (SOAK_SEED repeats them), then as long without: memory and disk, and how they grow
	LAB_REQUIRE=1 SOAK=$(SOAK) $(GO) test -v -count=1 -timeout 4h -run Soak ./test/lab

# With -artifacts the screenshots of failed tests are kept below out/.
browser: ## Chromium drives the console of a lab without containers
	@mkdir -p out
	LAB_REQUIRE=1 $(GO) test -count=1 -timeout 15m -artifacts -outputdir $(CURDIR)/out ./test/browser

screenshots: ## rewrite the pictures of docs/screenshots
	LAB_REQUIRE=1 $(GO) test -count=1 -timeout 25m -run Screenshots ./test/browser -args -screenshots $(CURDIR)/docs/screenshots -settle 90s

# The programs and images come from the registries, or from deploy/offline/prepare.
stack: ## the compose stack, run for real: needs Docker with Compose
	LAB_REQUIRE=1 $(GO) test -count=1 -timeout 45m ./test/stack

arm64: ## start every program built for arm64: needs qemu-user-static on other machines
	LAB_REQUIRE=1 $(GO) test -count=1 -timeout 20m ./test/arm64

release: ## archives for linux and darwin with checksums and SBOMs, of the commit that is checked out, into out/release
	$(GO) -C tools run ./release -version '$(VERSION)' -out '$(CURDIR)/out/release'

release-test: ## two builds of a release are equal byte for byte
	LAB_REQUIRE=1 $(GO) -C tools test -count=1 -timeout 20m ./release/...

licences: ## fail if a dependency's licence is not allowed, or docs/licences.md is stale
	./tools/licences
	git diff --exit-code -- docs/licences.md

vulncheck: ## known vulnerabilities in what the commands call: needs https://vuln.go.dev
	$(GO) tool -modfile=tools/go.mod govulncheck ./cmd/...

rules: ## Prometheus's own checks of its configuration, rules and their tests
	promtool check config prometheus.yml
	promtool test rules deploy/prometheus/tests/*.yml

pins: ## the pinned version of each image, and the newest release that the module proxy knows
	@./deploy/pins

bench-overhead: ## the cost of telemetry in a service, against a bare Echo handler
	LAB_TIMING=1 $(GO) test -v -count=1 -run Bare ./bench/overhead/

bench-loadgen: ## compare the load generator with wrk, ab, h2load, hey, vegeta and k6; writes docs/benchmarks.md
	$(GO) run ./bench/loadgen -install -write docs/benchmarks.md

bench-runtimes: ## compare the tutorial's servers and the lab's services under one load, by loadgen and by wrk; writes docs/runtimes.md
	$(GO) run ./bench/runtimes -write docs/runtimes.md

fuzz: ## every fuzz target for some seconds each
	./tools/fuzz 10s

clean:
	rm -rf $(BIN) out
