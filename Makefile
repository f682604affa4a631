# How this project is built, run and tested. Taskfile.yml delegates here, so nothing is written twice.
#   make run ARGS="--dataset tiny-imagenet --ipc 1"
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
export CGO_ENABLED = 1

GO       ?= go
ARGS     ?=
FUZZTIME ?= 10s
PACKAGES := ./... ./shared/testdata ./shared/testdata/gotest
STATIC   := server/web/static
WASM     := bin/viewer.wasm
PACKED   := $(STATIC)/viewer.wasm.json
# Brotli's effort for the page's program: at 11 it takes a core for a minute, for what others download and where the limit of size is checked.
QUALITY  ?= $(if $(filter test race site size,$(MAKECMDGOALS)),11,5)
WORSE    := $(shell [ "$$(sed -n 's/.*"quality":\([0-9]*\).*/\1/p' $(PACKED) 2>/dev/null || echo)" -ge $(QUALITY) ] 2>/dev/null || echo repack)
PREFIX   ?= /usr/local
CONTAINERS ?= podman
PAGE     := $(shell find viewer shared -name '*.go' -not -name '*_test.go' 2>/dev/null) go.mod go.sum
JS       := GOOS=js GOARCH=wasm CGO_ENABLED=0
SITE     ?= site
DEMO     := bin/demo
RECORDING ?= $(DEMO)
SWIFTSHADER ?= $(firstword $(wildcard /usr/lib/chromium/vk_swiftshader_icd.json /usr/lib/chromium-browser/vk_swiftshader_icd.json /opt/google/chrome/vk_swiftshader_icd.json))
SIDE     ?=
KERNELS  := ./compute/vk ./compute/graph ./compute/nn
# SwiftShader binds at multiples of 256 bytes only, for which the batches in tests of parts are too small, its sine and logarithm are coarser
# than the host's, and stress and the largest grid take it too long.
BEYOND   := Stress|PartsOf|RandomIsTheHosts|GridsPast
ENGINE   := $(shell find compute shaders/spv shared/recipe shared/protocol shared/topology shared/event server/run -type f -not -name '*_test.go' 2>/dev/null)

.PHONY: help
help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: setup build ## install what is missing, build, and serve the demo in a browser page (ARGS go to the server)
	@trap : INT; bin/server $(ARGS) || { code=$$?; [ $$code = 6 ] || exit $$code; } # 6: stopped on request, and it has said how to continue

.PHONY: test
test: setup-test shaders-check format vet viewer size ## install what is missing, and run every check and test
	@$(GO) build -o bin/gotest ./shared/testdata/gotest
	GO='$(GO)' bin/gotest -p 1 -timeout 20m $(PACKAGES)
	@$(MAKE) --no-print-directory faults RETA_FAULT_STRIDE=31
	@$(MAKE) --no-print-directory swiftshader

.PHONY: build
build: compiler viewer ## bin/server, with the viewer in it
	$(GO) build -trimpath -o bin/server ./server

.PHONY: compiler
compiler:
	@GO='$(GO)' .ci/setup build

.PHONY: install
install: build ## bin/server as the program reta in PREFIX/bin (PREFIX=/usr/local)
	@install -d '$(DESTDIR)$(PREFIX)/bin' && install -m 755 bin/server '$(DESTDIR)$(PREFIX)/bin/reta' || { echo "install: no right to write $(DESTDIR)$(PREFIX)/bin: take a folder of yours, such as make install PREFIX=\$$HOME/.local" >&2; exit 1; }
	@echo "installed $(DESTDIR)$(PREFIX)/bin/reta"

.PHONY: viewer
viewer: $(PACKED) $(STATIC)/wasm_exec.js ## the page's WebAssembly, when its sources changed (QUALITY=0 to 11, of its brotli form)

$(WASM): $(PAGE)
	$(JS) $(GO) build -trimpath -ldflags '-s -w' -o $@ ./viewer

.PHONY: repack
$(PACKED): $(WASM) $(wildcard server/web/pack/*.go) $(WORSE)
	$(GO) run ./server/web/pack -quality $(QUALITY) $(WASM) $(STATIC)/viewer.wasm

$(STATIC)/wasm_exec.js: $(WASM)
	cp "$$($(GO) env GOROOT)/lib/wasm/wasm_exec.js" $@

.PHONY: site
site: setup build $(if $(filter $(DEMO),$(RECORDING)),$(DEMO)/events.reta) ## a folder for any static web server: viewer, lessons, a recorded demo with its evaluation, 11 MB (SITE=DIR; RECORDING=RUN shows another)
	bin/server site $(SITE) --recording $(RECORDING)

$(DEMO)/events.reta: $(ENGINE) | build
	rm -rf $(DEMO)
	bin/server --headless --quiet --seed 7 --ipc 6 --per-class 50 --steps 32 --topo-every 4 --controls random,hard,whole-set --run-dir $(DEMO)

.PHONY: shaders
shaders: ## compile shaders/*.comp to shaders/spv (needs glslc; SIDE/glslc is the newer one for cooperative matrices)
	$(GO) run ./shaders/compile $(if $(SIDE),-matrix '$(abspath $(SIDE))')

.PHONY: shaders-check
shaders-check: ## shaders/spv is what the sources give
	$(GO) run ./shaders/compile $(if $(SIDE),-matrix '$(abspath $(SIDE))') -check

.PHONY: format
format: ## every Go file is formatted
	@files=$$(gofmt -l compute server shaders shared viewer docs); \
	if [ -n "$$files" ]; then echo "not formatted (gofmt -w):"; echo "$$files"; exit 1; fi

.PHONY: vet
vet: ## go vet, for this machine and for the browser
	$(GO) vet $(PACKAGES)
	$(JS) $(GO) vet ./viewer ./viewer/app/... ./viewer/scenes/... ./viewer/ui/... ./shared/...

.PHONY: race
race: setup-test viewer ## every test under the race detector
	$(GO) test -race -p 1 -shuffle on -timeout 60m $(PACKAGES)

.PHONY: faults
faults: ## every operation on a file and the device fails once, of all that a run does (RETA_FAULT_STRIDE=N: every N-th)
	RETA_FAULT_STRIDE=$(RETA_FAULT_STRIDE) $(GO) test -tags faults -run 'TestEvery.*Fails$$|TestKills' -p 1 -v -timeout 120m ./server ./server/dataset

.PHONY: validation
validation: ## every recipe and a whole run with Vulkan's validation layer, its checks of synchronization and best practices, and the garbage collector at work all the time
	VK_LAYER_ENABLES=VK_VALIDATION_FEATURE_ENABLE_BEST_PRACTICES_EXT GOGC=1 RETA_LONG=1 $(GO) test -run 'TestEveryRecipeOnTheDemo|TestWholeRunIsValid' -v -timeout 60m ./server

.PHONY: torture
torture: ## kill -9 before operations on files picked at random, KILLS times (1000), and compare bits
	RETA_KILLS=$(or $(KILLS),1000) $(GO) test -tags faults -run TestKills -v -timeout 240m ./server

.PHONY: cluster
cluster: ## workers and coordinator killed, stopped and cut off (as root: in network namespaces), ROUNDS times (200), the same with an outside cluster, and a soak of SOAK (30m)
	RETA_ROUNDS=$(or $(ROUNDS),200) $(GO) test -run 'TestWorkersComeToTheWholeRun|TestRunByAnOutsideCluster' -v -timeout 240m ./server
	RETA_SOAK=$(or $(SOAK),30m) $(GO) test -run TestSoak -v -timeout 0 ./server/cluster

.PHONY: soak
soak: setup-test viewer ## a run of HOURS (1) while viewers come and go, the disk fills up and the engine is killed; nothing may grow
	RETA_SOAK=$(or $(HOURS),1)h $(GO) test -run TestSoak -v -timeout 0 ./server

.PHONY: reference
reference: ## 50 free-running steps beside FADRM's and SRe2L's recorded code, which make test cuts to a few
	RETA_LONG=1 $(GO) test -run AgreeWithPublishedCode -v -timeout 30m ./compute/distill

.PHONY: networks
networks: ## the largest networks beside PyTorch's numbers, which make test leaves out
	RETA_LONG=1 $(GO) test -p 1 -run 'NetworksAgree|NetworksTrain|LogitsAgree|StoppedRelabel|Table2Trains' -v -timeout 60m ./compute/models ./compute/label ./compute/evaluate

.PHONY: fuzz
fuzz: ## every fuzz test for FUZZTIME (10s)
	@grep -rnoE '^func Fuzz[A-Za-z0-9_]*' --include '*_test.go' compute server shared | while IFS=: read -r file _ func; do \
		echo "$$file $${func#func }"; \
		$(GO) test -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x "./$$(dirname "$$file")" || exit 1; \
	done

.PHONY: mutants
mutants: ## which changes to the code of PKG (shared/retrieval) its own tests let live
	$(GO) run github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0 unleash --workers 1 --timeout-coefficient 30 ./$(or $(PKG),shared/retrieval)

.PHONY: vulncheck
vulncheck: ## known vulnerabilities in the code that is called, by govulncheck; without a network it is skipped, and says so
	@GO='$(GO)' .ci/vulncheck

.PHONY: image
image: build ## a container image with the program alone (docs/operations.md; CONTAINERS=docker)
	$(CONTAINERS) build -t reta -f docs/operations/Containerfile bin

.PHONY: bench
bench: setup build ## steps per second and GFLOP/s on this machine (ARGS go to server bench)
	bin/server bench $(ARGS)

.PHONY: swiftshader
swiftshader: ## the kernels' tests on another Vulkan driver than Mesa's, which comes with Chromium
	@if [ -z '$(SWIFTSHADER)' ]; then echo 'SwiftShader is not here (SWIFTSHADER=FILE names vk_swiftshader_icd.json): the kernels are tested with one driver'; else \
		VK_DRIVER_FILES='$(SWIFTSHADER)' VK_ICD_FILENAMES='$(SWIFTSHADER)' $(GO) test -count 1 -p 1 -short -skip '$(BEYOND)' $(KERNELS); fi

.PHONY: drivers
drivers: setup-test swiftshader ## the same, and what AMD's compiler makes of the kernels (TABLE=write writes docs/benchmarks/radv.md); SIDE/run is a launcher with a third driver, whose cooperative matrices are tested too
	@[ -z '$(SIDE)' ] || $(GO) test -count 1 -p 1 -short -skip Stress -exec '$(abspath $(SIDE))/run' $(KERNELS)
	@[ -z '$(SIDE)' ] || RETA_PRECISION=fp16 $(GO) test -count 1 -p 1 -short -run 'Conv2d|Linear|BatchNorm|Activat|Channel|Concat|Slab|Bias|Pool|Half|Gate|Scale|Around' -exec '$(abspath $(SIDE))/run' ./compute/nn
	@[ -z '$(SIDE)' ] || RETA_PRECISION=fp16 $(GO) test -count 1 -p 1 -short -run 'NetworksAgree|PixelsAgree|TrainAs|HalfPrecision' -exec '$(abspath $(SIDE))/run' ./compute/models ./compute/distill
	driver=$$(.ci/radv) && $(GO) run ./docs/benchmarks/radv -driver "$$driver" $(if $(filter write,$(TABLE)),,-check)

.PHONY: gpu-kit
gpu-kit: compiler viewer ## what docs/benchmarks/gpu.sh runs on a machine without Go: bin/gpu-kit, and the same as bin/gpu-kit.tar.gz
	rm -rf bin/gpu-kit && mkdir -p bin/gpu-kit
	$(GO) build -trimpath -ldflags '-s -w' -o bin/gpu-kit/server ./server
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.revision=$$(git describe --always --dirty 2>/dev/null || echo unknown)" -o bin/gpu-kit/gpu ./docs/benchmarks/gpu
	for p in vk graph nn topo models; do $(GO) test -c -trimpath -ldflags '-s -w' -o bin/gpu-kit/$$p.test ./compute/$$p || exit 1; done
	mkdir bin/gpu-kit/lib && for l in libvulkan.so.1 libX11.so.6 libXext.so.6 libxcb.so.1 libXau.so.6 libXdmcp.so.6 libbsd.so.0 libmd.so.0 libGLdispatch.so.0; do \
		f=$$(PATH=$$PATH:/sbin ldconfig -p | sed -n "s/.*$$l (.*x86-64.*=> //p" | head -1); [ -z "$$f" ] || cp -L "$$f" bin/gpu-kit/lib || exit 1; done
	tar -C bin -czf bin/gpu-kit.tar.gz gpu-kit

.PHONY: size
size: viewer ## size of the page, which has a limit, and lines of code per folder
	@raw=$$(wc -c < $(WASM)); br=$$(wc -c < $(STATIC)/viewer.wasm.br); \
	echo "viewer.wasm $$raw bytes (limit 19000000), brotli $$br (limit 3200000)"; \
	for d in $$(find compute server shaders shared viewer -type d -not -path '*/testdata*'); do \
		code=$$(find $$d -maxdepth 1 \( -name '*.go' -not -name '*_test.go' -o -name '*.comp' -o -name '*.glsl' -o -name '*.[ch]' \) | xargs -r cat | wc -l); \
		tests=$$(find $$d -maxdepth 1 -name '*_test.go' | xargs -r cat | wc -l); \
		[ $$code$$tests = 00 ] || printf '  %-24s %6d lines, %6d of tests\n' $$d $$code $$tests; \
	done; \
	[ $$raw -le 19000000 ] && [ $$br -lt 3200000 ]

.PHONY: setup
setup: ## install what building and running need
	@GO='$(GO)' .ci/setup

.PHONY: setup-test
setup-test: ## install what testing needs besides
	@GO='$(GO)' .ci/setup test

.PHONY: clean
clean: ## remove what was built
	rm -rf bin site $(STATIC)/viewer.wasm.* $(STATIC)/wasm_exec.js
