# ctibridge. `make help` lists the targets.
SHELL := /bin/bash
OUT   := tmp
LINT  := go tool -modfile=.ci/tools.mod golangci-lint
FUZZTIME ?= 10s

.DEFAULT_GOAL := help
.PHONY: help build test lint fmt fuzz bench accuracy demo loadtest clean ci assets peers

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

build: ## build bin/ctibridge
	CGO_ENABLED=0 go build -trimpath -o bin/ctibridge ./cmd/ctibridge

demo: ## run bridge, toy PBX and toy Salesforce here; prints one URL (FLAGS="--port 9000 --pbx csta")
	@go build -o bin/demo ./cmd/demo
	@exec bin/demo $(FLAGS)

test: peers ## run every test, Go and Node; installs what they need
	.ci/test $(OUT)

peers: ## install the real peers of the tests (Kamailio, sipp, baresip, Chromium, npm packages)
	.ci/peers

lint: ## vet, lint and check formats, Go and Node
	go vet ./... && go vet -tags peers ./...
	$(LINT) run
	go mod tidy -diff
	cd salesforce-package && npm run --silent lint

fmt: ## format everything
	$(LINT) fmt
	cd salesforce-package && npm run --silent format

fuzz: ## run every fuzz target for FUZZTIME
	.ci/fuzz $(FUZZTIME)

bench: ## run the benchmarks; compare two outputs with benchstat
	@mkdir -p $(OUT)
	go test -run '^$$' -bench . -benchmem -count 5 ./... | tee $(OUT)/bench.txt

accuracy: ## whose number is this: precision, recall and wrong pops beside four other rules (SIZE=20000 SEED=1)
	go test ./lookup/accuracy -count 1 -v -args -size $(or $(SIZE),20000) -seed $(or $(SEED),1)

loadtest: build ## measure ring to pop, calls held, CPU and memory at 2,000 agents
	go build -o bin/loadtest ./cmd/loadtest
	.ci/loadtest bin/loadtest

assets: ## rebuild the committed browser files: bundle and panel styles
	cd salesforce-package && npm run --silent build
	cd web/admin/_build && npm ci --silent --no-audit --no-fund && npm run --silent build

ci: ## what CI runs: lint, test, and committed assets equal a fresh build
	.ci/peers
	$(MAKE) lint
	.ci/test $(OUT)
	$(MAKE) assets
	git diff --exit-code --stat -- web salesforce-package
	@tail -n 1 $(OUT)/summary

clean: ## remove what was built
	rm -rf bin $(OUT) salesforce-package/node_modules
