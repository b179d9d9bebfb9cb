# What can be done here; `make` alone says so. Everything needs Go, git and make,
# and nothing else but where a target says so.

# The flags are the same in every build and test: other flags would compile all
# dependencies once more.
GO ?= go

# Compilers live for seconds: without collecting garbage below 1.5 GiB each, a first
# build takes about a third less time.
BUILD := GOGC=off GOMEMLIMIT=1500MiB $(GO) build

# The devserver's own packages go without debug information, which its binary drops
# anyway; the stores and clouds that it links and never calls are not optimised either.
# What the product compiles as well keeps the flags of every other build.
LEAN := $(foreach p,go.temporal.io/server modernc.org,-gcflags=$(p)/...=-dwarf=false) \
	$(foreach p,cloud.google.com github.com/aws github.com/envoyproxy github.com/gocql github.com/jackc \
	github.com/olivere google.golang.org/api,'-gcflags=$(p)/...=-l -dwarf=false')

# How long make fuzz gives each target. CI takes samples; 10m is a whole run.
FUZZTIME ?= 5s

# REAL=1 has the Prometheus and the Alertmanager of this machine watch the demo's shop.
REAL ?=

# .env where there is one, else the demo: everything against the simulator.
COMPOSE := docker compose --env-file $(firstword $(wildcard .env) deploy/demo.env)

.PHONY: help
help: ## This list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  demo and demo-script with REAL=1: watched by an installed Prometheus and Alertmanager"

.PHONY: build
build: bin/devserver binaries ## bin/devserver, bin/worker, bin/starter, bin/lastgood.

.PHONY: demo
demo: build ## An incident to click through, at a simulated Slack, Jenkins and Jira. Ctrl-C ends it.
	@bin/lastgood demo$(if $(REAL), --real)

.PHONY: demo-script
demo-script: build ## The same with the clicks made by itself; fails unless it ends with one rollback.
	@bin/lastgood demo --script$(if $(REAL), --real)

.PHONY: run
run: build ## Temporal, worker and starter with the environment's Slack, Jenkins and Jira.
	@./deploy/run.sh

.PHONY: test
test: build ## Every test that needs no further install.
	$(GO) test -vet=all -timeout 15m ./...
	$(GO) test -C devserver -vet=all $(LEAN) ./...
	@# The test cache does not see the files above a nested module.
	$(GO) test -C test/deploy -vet=all -count=1 ./...

.PHONY: test-browser
test-browser: build ## The demo in a headless Chromium: clicks, pages, the Temporal UI. Needs chromium.
	$(GO) test -C test/browser -vet=all -count=1 ./... -args -screenshots $(CURDIR)/bin/screenshots

.PHONY: screenshots
screenshots: test-browser ## The pictures of README.md, taken anew by the browser test.
	cp bin/screenshots/slack-card.png bin/screenshots/temporal-details.png docs/images/

.PHONY: test-real
test-real: build ## The stories with a real monitor. Needs Prometheus and Alertmanager.
	$(GO) test ./test/e2e -tags real -vet=all -count=1 -run TestAReal

# RACES is how often an alert fires in the moment in which its incident closes.
RACES ?= 1000

.PHONY: race-closing
race-closing: build ## The end of an incident, and of a run, raced by alerts that fire: RACES=1000 times.
	$(GO) test ./test/e2e -count=1 -v -timeout 30m -run TestAnAlertThatFiresWhileItsIncidentCloses -races $(RACES)
	$(GO) test ./test/e2e -count=1 -v -timeout 30m -run TestAnAlertThatFiresWhileItsRunContinues -races $(RACES)

.PHONY: storms
storms: build ## The stories of storms and outages at full length, about 15 minutes. Needs Alertmanager.
	$(GO) test ./test/e2e -tags real -vet=all -count=1 -timeout 40m -v -whole \
		-run 'ThousandsOfAlerts|OutlivesANewRun|ARealCluster|WhileTemporalIsAway'

.PHONY: notifier
notifier: ## What Alertmanager's own notifiers, of 0.34 and of the one installed, send. CAPTURE=1 saves it. Needs Alertmanager.
	$(GO) test -C test/notifier -vet=all -count=1 ./...$(if $(CAPTURE), -args -capture)
	$(if $(CAPTURE),$(GO) test ./integrations/alertmanager -update)

# Without a bound, making one interesting input smaller takes up all of a short run.
.PHONY: fuzz
fuzz: ## Every fuzz target there is, FUZZTIME each (5s).
	@grep -rEo --include='*_test.go' --exclude-dir=bin '^func Fuzz\w+' . | sort | sed 's|/[^/]*:func | |' | \
	while read -r room target; do \
		echo "fuzz       $$target in $$room"; \
		$(GO) test -C $$room -vet=off -timeout 0 -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x . </dev/null || exit 1; \
	done

.PHONY: lint
lint: tools ## Linters, formatting, determinism of the workflows.
	bin/tools/golangci-lint run ./...
	cd test/deploy && $(CURDIR)/bin/tools/golangci-lint run ./...
	cd test/browser && $(CURDIR)/bin/tools/golangci-lint run ./...
	@# All linters would look at all of Alertmanager.
	cd test/notifier && $(CURDIR)/bin/tools/golangci-lint run --fast-only ./...
	@# All linters would look at all of Temporal, for minutes; make test vets it instead.
	cd devserver && $(CURDIR)/bin/tools/golangci-lint run --fast-only ./...
	bin/tools/workflowcheck -test=false -config workflowcheck.config.yaml ./workflows/...

.PHONY: conformance
conformance: binaries ## Other people's clients of Slack, Jenkins and Jira judge the simulator. Needs Node 20 and npm.
	@test "$$(node -p 'parseInt(process.versions.node)' 2>/dev/null || echo 0)" -ge 20 || \
		{ echo "make conformance needs Node 20 or later, and npm" >&2; exit 1; }
	cd test/conformance && npm ci && node --test --test-concurrency=4 --test-reporter=./reporter.mjs *.test.mjs

.PHONY: bench
bench: build ## Alert to page, beside the bare workflow: p50, p95, pages a second.
	$(GO) run ./test/bench

.PHONY: histories
histories: build ## Records workflows/testdata/histories anew, from the stories on a real server.
	$(GO) test ./test/e2e -count=1 -run TestHistories -record-histories

.PHONY: up
up: ## The cluster of docker-compose.yml, by .env or as a demo. Needs docker.
	$(COMPOSE) up --build --detach
	$(COMPOSE) ps

.PHONY: down
down: ## Stops the cluster and keeps its database. Needs docker.
	$(COMPOSE) --profile demo down

.PHONY: clean
clean: ## Removes bin/. The local database in .data/ stays.
	rm -rf bin

# The devserver holds all of Temporal: it is linked anew only when its sources changed.
bin/devserver: $(shell find devserver -type f -not -name '*_test.go')
	@test -x $@ || echo "building   Temporal for this machine: about 4 minutes on two cores the first time, then seconds"
	@began=$$(date +%s); $(BUILD) -C devserver $(LEAN) -ldflags="-s -w" -o ../$@ . && echo "built      bin/devserver in $$(($$(date +%s) - began)) s"
	@touch $@

.PHONY: binaries
binaries:
	@mkdir -p bin
	@test -x bin/worker || echo "building   worker, starter and lastgood: about half a minute the first time"
	@$(BUILD) -o bin/ ./worker ./starter ./cmd/lastgood

.PHONY: tools
tools: bin/tools/golangci-lint

# One command builds all tools that tools/go.mod pins.
bin/tools/golangci-lint: tools/go.mod tools/go.sum
	@echo "building the linters (the first time takes about 2 minutes)"
	@mkdir -p bin/tools
	@$(BUILD) -C tools -o ../bin/tools/ tool
	@touch $@
