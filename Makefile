# The two that a newcomer needs are "make demo" and "make test".

GO       ?= go
# What a binary says of its version; empty, the stamp that Go makes of the checkout.
VERSION  ?=
LDFLAGS   = -s -w $(if $(VERSION),-X main.version=$(VERSION:v%=%))
PREFIX   ?= /usr/local
ARCHS    ?= amd64 arm64
OUT      ?= bin/packages
RELEASE  ?= bin/release
TARGETS  ?= linux/amd64 linux/arm64 freebsd/amd64 freebsd/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
FUZZTIME ?= 1m
BENCH    ?= all
SOAK     ?= 20s
ACCOUNTS ?= 1000000

# The race detector looks at popbridge, and not into SQLite, which is C in Go's
# clothes and guards itself: with it a test of the ledger takes three times as long.
RACE     = -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false
# A program with the race detector sleeps for a second before it ends; the tests run
# hundreds.
export GORACE = atexit_sleep_ms=0

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
NFPM        = github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
SBOM        = github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: demo build install packages release image test unit check example man fuzz bench clean

demo: ## an embedded IMAP server with popbridge in front of it
	$(GO) run ./cmd/popbridge demo

build: ## one static binary, bin/popbridge
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/popbridge ./cmd/popbridge

install: build ## from source: program, unit, completions, documents below PREFIX, and /etc/popbridge; DESTDIR is for packagers
	BINARY=bin/popbridge PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' configs/deploy/packages/install

packages: ## .deb and .rpm for each of ARCHS, into OUT
	GO='$(GO)' LDFLAGS='$(LDFLAGS)' NFPM='$(GO) run $(NFPM)' OUT='$(OUT)' configs/deploy/packages/build $(ARCHS)

release: ## an archive for each of TARGETS, checksums, and what is in them (SBOM), into RELEASE
	GO='$(GO)' LDFLAGS='$(LDFLAGS)' SBOM='$(GO) run $(SBOM)' OUT='$(RELEASE)' configs/deploy/release/build $(TARGETS)

image: ## popbridge:latest, by docker
	docker build --build-arg VERSION='$(VERSION:v%=%)' -f configs/deploy/docker/Dockerfile -t popbridge .

# Vetting is "make check"'s. Sockets are read and written by other calls where the race
# detector has to hear of them, so what does it is tested without it too. Tests of tests/ wait
# for servers much of the time: three packages at once keep two cores busy.
test: ## everything, against real servers and clients; popbridge has the race detector, the programs that try it do not
	tests/install
	$(GO) build $(RACE) -o bin/popbridge-race ./cmd/popbridge
	status=0; \
	$(GO) test $(RACE) -vet=off -timeout 14m ./translate/... ./configs/... ./proxy/... ./cmd/... || status=1; \
	$(GO) test -vet=off ./proxy/socket ./proxy/door || status=1; \
	POPBRIDGE_TEST_BINARY=$(CURDIR)/bin/popbridge-race $(GO) test -vet=off -p 3 -timeout 18m ./tests/behaviour ./tests/state ./tests/... || status=1; \
	exit $$status

unit: ## what needs no server: the packages alone; properties draw a fifth of their cases
	$(GO) test $(RACE) -short ./translate/... ./configs/... ./proxy/... ./cmd/...

check: ## formatting, vet, static analysis, generated files, known vulnerabilities
	test -z "$$(gofmt -l cmd configs proxy tests translate)"
	$(GO) vet ./...
	$(GO) vet -tags postgres ./proxy/ledger/...
	$(GO) run $(STATICCHECK) ./...
	$(MAKE) example man && git diff --exit-code -- configs/example.hcl configs/example.yaml docs/man docs/commands.md docs/reference.md docs/openapi.json
	GOBIN='$(CURDIR)/bin' $(GO) install $(GOVULNCHECK)
	.ci/vulnerabilities bin/govulncheck

example: ## write configs/example.* anew from the declarations
	$(GO) run ./cmd/popbridge config example --format hcl > configs/example.hcl
	$(GO) run ./cmd/popbridge config example --format yaml > configs/example.yaml

man: ## write docs/man, docs/commands.md, docs/reference.md and docs/openapi.json anew from the program
	$(GO) run ./cmd/popbridge manual docs --date "$$(sed -n 's/^## .*(\(....-..-..\))$$/\1/p' CHANGELOG.md | head -n 1)"

fuzz: ## each fuzz target for FUZZTIME
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

bench: ## popbridge against Dovecot imapc; BENCH=poll runs a part, BENCH=go the inner loops, SOAK=10m the long run, BENCH=scale ACCOUNTS=100000 many accounts, BENCH=growth draws docs/images/growth.svg
ifeq ($(BENCH),go)
	$(GO) test -run '^$$' -bench . -benchmem ./translate/... ./configs/... ./proxy/...
else
	tests/install
	$(GO) run ./tests/bench -soak $(SOAK) -accounts $(ACCOUNTS) $(BENCH)
endif

clean:
	rm -rf bin
