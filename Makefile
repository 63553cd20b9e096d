# make demo   the built-in story: a table here, a page, and its record served until Ctrl-C
# make test   installs what the tests need and runs them
# make build  bin/truce
# make check  every regime that comes with truce
# make fuzz   each fuzzer for a short while;  make soak  the long runs
# make console  builds the console anew into internal/console/dist (docs/console.md; needs npm)
# make bench  benchmarks (docs/performance.md)
# make bench-peers  the same work by truce and by others, in turns; writes docs/peers.md (needs ../shared/yardstick)
# make drill  a bad day of three offices and a headquarters, played by processes here (docs/reliability.md)
# make lint   staticcheck, and govulncheck where its database can be reached
# make release         archives, Debian packages, what is in them, sums, in dist/
# make release-check   that two clones give the same bytes

GO ?= go
export CGO_ENABLED = 0

.PHONY: all go-version build drill demo test check fuzz soak bench bench-peers fmt console lint release release-check

all: build

go-version:
	@command -v $(GO) >/dev/null 2>&1 || { echo "truce needs Go 1.26 or later, and there is none: unpack the archive of the Go project into /usr/local/go and put /usr/local/go/bin on PATH, or install the Debian package golang-1.26, or set GO=/path/to/go"; exit 1; }
	@v=$$($(GO) env GOVERSION | sed 's/^go//'); case $$v in 1.2[6-9]*|1.[3-9][0-9]*|[2-9]*|devel*) ;; *) \
	  echo "truce needs Go 1.26 or later; this is $$v. Unpack a newer archive of the Go project into /usr/local/go, or install the Debian package golang-1.26, or set GO=/path/to/go, or allow toolchains (GOTOOLCHAIN=auto)."; exit 1;; esac

build: go-version
	$(GO) build -trimpath -o bin/truce ./cmd/truce

demo: go-version
	$(GO) run ./cmd/truce demo

drill: build
	$(GO) run ./tools/drill -truce bin/truce

test: go-version
	sh tools/install-test-deps.sh
	sh tools/console.sh fetch
	@echo gofmt; l=$$($(GO)fmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); test -z "$$l" || { echo "not as gofmt writes it (make fmt does):"; echo "$$l"; exit 1; }
	$(GO) vet ./...
	$(GO) test -timeout 25m ./...
	@if command -v gcc >/dev/null 2>&1; then cd tools/sqltest && CGO_ENABLED=1 $(GO) vet . && CGO_ENABLED=1 $(GO) test .; \
	else echo "NOTE: there is no C compiler here: the statements of truce sql were NOT run on DuckDB"; cd tools/sqltest && $(GO) vet . && $(GO) test .; fi
	cd tools/tlogtest && $(GO) vet ./... && $(GO) test ./...
	sh tools/fuzz.sh list >/dev/null
	sh tools/lint.sh
	sh tools/console.sh check
	@test -d ../shared/data || echo "NOTE: ../shared/data is not here: the tests on real files were SKIPPED"

console:
	sh tools/console.sh build

check: go-version
	$(GO) run ./cmd/truce check regimes/*.truce.md

fuzz: go-version
	sh tools/fuzz.sh 15s

soak: go-version
	$(GO) test ./judge -run 'Agrees|Refining|Deciding|Before' -rapid.checks=20000 -timeout 60m
	cd tools/sqltest && EVENTS=400 CGO_ENABLED=1 $(GO) test . -timeout 60m
	cd internal/journal && TRUCE_SOAK=1 $(GO) test -run 'TestF|TestMission' -timeout 180m
	TRUCE_SOAK=1 $(GO) test ./internal/office ./internal/audit -run 'Killed|OneByte' -v -timeout 180m
	TRUCE_SOAK=1 $(GO) test ./internal/views -run Rebuild -rapid.checks=500 -timeout 60m
	TRUCE_SOAK=1 $(GO) test ./cmd/truce -run 'ServeKilled|F34|Faults' -v -timeout 90m
	TRUCE_SOAK=1 $(GO) test ./internal/mirror -run BadLink -v
	sh tools/fuzz.sh 3m

bench: go-version
	$(GO) test -run '^$$' -bench . -benchmem ./where ./judge ./compare ./internal/feeds ./record ./internal/journal ./internal/audit ./internal/views ./internal/web

bench-peers: go-version
	$(GO) run ./tools/peers $(PEERS)

lint: go-version
	sh tools/lint.sh

release: go-version
	sh tools/release.sh

release-check: go-version
	sh tools/release.sh check

fmt:
	$(GO)fmt -w .
