# The two that a newcomer needs are "make demo" and "make test".

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT   ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
LDFLAGS   = -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
FUZZTIME ?= 1m
BENCH    ?= all
SOAK     ?= 20s

# The race detector looks at popbridge, and not into SQLite, which is C in Go's
# clothes and guards itself: with it a test of the ledger takes three times as long.
RACE     = -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

.PHONY: demo build test unit check example fuzz bench clean

demo: ## an embedded IMAP server with popbridge in front of it
	$(GO) run ./cmd/popbridge demo

build: ## one static binary, bin/popbridge
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/popbridge ./cmd/popbridge

test: ## everything, against real servers and clients, with the race detector
	tests/install
	$(GO) build $(RACE) -o bin/popbridge-race ./cmd/popbridge
	POPBRIDGE_TEST_BINARY=$(CURDIR)/bin/popbridge-race $(GO) test $(RACE) -timeout 14m ./...

unit: ## what needs no server: the packages alone; properties draw a fifth of their cases
	$(GO) test $(RACE) -short ./translate/... ./configs/... ./proxy/... ./cmd/...

check: ## formatting, vet, static analysis, generated files, known vulnerabilities
	test -z "$$(gofmt -l cmd configs proxy tests translate)"
	$(GO) vet ./...
	$(GO) vet -tags postgres ./proxy/ledger/...
	$(GO) run $(STATICCHECK) ./...
	$(MAKE) example && git diff --exit-code -- configs/example.hcl configs/example.yaml
	$(GO) run $(GOVULNCHECK) ./... || echo "govulncheck: not run to its end (its database may be out of reach)"

example: ## write configs/example.* anew from the declarations
	$(GO) run ./cmd/popbridge config example --format hcl > configs/example.hcl
	$(GO) run ./cmd/popbridge config example --format yaml > configs/example.yaml

fuzz: ## each fuzz target for FUZZTIME
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "== $$pkg $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

bench: ## popbridge against Dovecot imapc; BENCH=poll runs a part, BENCH=go the inner loops, SOAK=10m the long run
ifeq ($(BENCH),go)
	$(GO) test -run '^$$' -bench . -benchmem ./translate/... ./configs/... ./proxy/...
else
	tests/install
	$(GO) run ./tests/bench -soak $(SOAK) $(BENCH)
endif

clean:
	rm -rf bin
