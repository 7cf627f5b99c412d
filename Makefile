# SPDX-License-Identifier: Apache-2.0
# Weir: libweir.so (the agent), weir (the tool) and their tests. `make help` lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -o pipefail -c
CC          ?= cc
CXX         ?= c++
CXX         ?= c++
SAN         ?=
VERSION     := $(shell sed -n 's/^.define WEIR_VERSION "\(.*\)"/\1/p' include/weir.h)
PREFIX      ?= /usr/local
JAVA_HOME   ?= $(patsubst %/bin/javac,%,$(shell readlink -f "$$(command -v javac)" 2>/dev/null))
MVN         ?= mvn
T           ?=
ORACLE_N    ?= 5000
BENCH       ?=
LIBYAML     ?= $(shell $(CC) -print-file-name=libyaml.a)

# build/ holds the product; build/<variant>/ the objects of each compiler and sanitizer, so switching needs no clean.
VARIANT     := $(notdir $(firstword $(CC)))$(if $(SAN),-$(SAN))
OBJ         := build/$(VARIANT)
OUT         := $(if $(SAN),$(OBJ),build)

WARN        := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
               -Wcast-qual -Wvla -Wundef -Wformat=2
# No _GNU_SOURCE here: with it a newer glibc headers' strtol becomes __isoc23_strtol, which older systems lack.
CPPFLAGS    := -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -Iagent -Iinclude \
               -isystem $(JAVA_HOME)/include -isystem $(JAVA_HOME)/include/linux
CFLAGS      ?= -O2 -g
# -ffile-prefix-map: what is built does not tell, or depend on, where it was built.
override CFLAGS += '-ffile-prefix-map=$(CURDIR)=.' -std=c11 -fPIC -fvisibility=hidden -fno-omit-frame-pointer -pthread $(WARN)
ifneq ($(SAN),)
override CFLAGS += -fsanitize=$(SAN) -fno-sanitize-recover=all -DWEIR_DEBUG=1
LDSAN       := -fsanitize=$(SAN)
endif
SO_LDFLAGS  := -shared -pthread -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,-z,defs -Wl,-z,noexecstack \
               -Wl,--exclude-libs,ALL -Wl,--version-script=agent/libweir.map -Wl,-soname,libweir.so \
               -Wl,-rpath,'$$ORIGIN'

BASE_SRC    := $(wildcard agent/base/*.c)
MODEL_SRC   := $(wildcard agent/model/*.c)
CORE_SRC    := $(wildcard agent/core/*.c)
NATIVE_SRC  := $(wildcard agent/native/*.c)
JVM_SRC     := $(wildcard agent/jvm/*.c)
OUT_SRC     := $(wildcard agent/out/*.c)
TOP_SRC     := $(wildcard agent/*.c)
CLI_SRC     := $(wildcard agent/cli/*.c)
TEST_SRC    := $(wildcard tests/*.c)

# What only the tool reads.
TOOL_SRC    := $(addprefix agent/model/,procjvm.c jvmcommand.c hsperf.c attachreply.c elfid.c netbuffers.c flink19.c) \
               $(addprefix agent/out/,out_network.c out_slot.c out_flink19.c)
SO_OBJ      := $(patsubst %.c,$(OBJ)/%.o,$(filter-out $(TOOL_SRC),$(BASE_SRC) $(MODEL_SRC) $(CORE_SRC) $(NATIVE_SRC) $(JVM_SRC) $(OUT_SRC) $(TOP_SRC)))
CLI_OBJ     := $(patsubst %.c,$(OBJ)/%.o,$(BASE_SRC) $(MODEL_SRC) $(OUT_SRC) $(CLI_SRC))
TEST_OBJ    := $(patsubst %.c,$(OBJ)/%.o,$(TEST_SRC) $(BASE_SRC) $(MODEL_SRC) $(CORE_SRC) $(NATIVE_SRC) $(OUT_SRC))
# Libraries that tests load and patch, free of sanitizers as a JVM's are.
FIXTURE_SO  := $(OBJ)/libgotnow.so $(OBJ)/libgotlazy.so $(OBJ)/libgotmap.so $(OBJ)/libgotexit.so $(OBJ)/libgotlook.so
# Known call chains, of C and of C++, as libraries are built: optimized and without frame pointers.
CHAIN_SO    := $(OBJ)/libchain.so $(OBJ)/libchainpp.so
# Libraries that take memory; the C one twice, since what one takes the other may give back.
HEAP_SO     := $(OBJ)/libheapone.so $(OBJ)/libheaptwo.so $(OBJ)/libheapxx.so $(OBJ)/libheapown.so
# Stands in for the agent where the tool's side of attach is tested; a JVM loads it as libweir.so.
ATTACH_SO   := build/fixture/libweir.so
# Native code of a test program.
HOLD_SO     := build/fixture/libhold.so
STACK_SO    := build/fixture/libstack.so
# Native code of another: one source, two JNI libraries, and one that is only opened by them.
JNIHEAP_SO  := $(addprefix build/fixture/,libjniheapone.so libjniheaptwo.so libjniheapguest.so)
ALL_C       := $(wildcard agent/*.[ch] agent/*/*.[ch] include/*.h tests/*.[ch])

.PHONY: all test test-unit test-java check lint asan tsan oracle demo bench dist install format help clean
.DELETE_ON_ERROR:

all: $(OUT)/libweir.so $(OUT)/weir ## the agent and the tool, in build/

$(OUT)/libweir.so: $(SO_OBJ) agent/libweir.map
	$(CC) $(LDSAN) $(SO_LDFLAGS) -o $@ $(SO_OBJ) $(LIBYAML) -lm -ldl

$(OUT)/weir: $(CLI_OBJ)
	$(CC) $(LDSAN) -pthread -o $@ $(CLI_OBJ) $(LIBYAML) -lm -ldl

$(OBJ)/weir-tests: $(TEST_OBJ)
	$(CC) $(LDSAN) -pthread -o $@ $(TEST_OBJ) -lcunit $(LIBYAML) -lm -ldl

$(OBJ)/libgotnow.so $(OBJ)/libgotmap.so $(OBJ)/libgotexit.so $(OBJ)/libgotlook.so: FIXTURE_LD := -Wl,-z,relro -Wl,-z,now
$(OBJ)/libgotlazy.so: FIXTURE_LD := -Wl,-z,relro -Wl,-z,lazy
$(FIXTURE_SO): tests/fixture/gotlib.c Makefile
	@mkdir -p $(@D)
	$(CC) -D_DEFAULT_SOURCE -D_FILE_OFFSET_BITS=64 -std=c11 -O1 -g -fPIC -fsemantic-interposition $(WARN) \
	    -shared $(FIXTURE_LD) -o $@ $<

$(OBJ)/libchain.so: tests/fixture/chainlib.c Makefile
	@mkdir -p $(@D)
	$(CC) -D_DEFAULT_SOURCE -std=c11 -O2 -fPIC -fomit-frame-pointer -Wall -Wextra -Werror -shared -pthread -o $@ $<

$(OBJ)/libchainpp.so: tests/fixture/chainpp.cc Makefile
	@mkdir -p $(@D)
	$(CXX) -std=c++11 -O2 -fPIC -fomit-frame-pointer -Wall -Wextra -Werror -shared -o $@ $<

$(OBJ)/libheapone.so: FIXTURE_LD := -Wl,-z,relro -Wl,-z,now
$(OBJ)/libheaptwo.so: FIXTURE_LD := -Wl,-z,relro -Wl,-z,lazy
$(OBJ)/libheapone.so $(OBJ)/libheaptwo.so: tests/fixture/heaplib.c tests/heaplib.h Makefile
	@mkdir -p $(@D)
	$(CC) -D_DEFAULT_SOURCE -std=c11 -O1 -g -fPIC -fvisibility=hidden -fno-builtin -Itests $(WARN) -shared $(FIXTURE_LD) -o $@ $<

# Its operators new and delete are its own, as in many libraries that bring libstdc++ along.
$(OBJ)/libheapown.so: FIXTURE_LD := -static-libstdc++ -static-libgcc
$(OBJ)/libheapxx.so $(OBJ)/libheapown.so: tests/fixture/heaplibxx.cpp tests/heaplib.h Makefile
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -Itests -O1 -g -fPIC -fvisibility=hidden -Wall -Wextra -Werror -shared -Wl,-z,relro -Wl,-z,now $(FIXTURE_LD) -o $@ $<

$(ATTACH_SO): tests/fixture/attachlib.c include/weir.h Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=c11 -O1 -g -fPIC -fvisibility=hidden $(WARN) -shared -Wl,-soname,libweir.so -o $@ $<

$(HOLD_SO): java-test/src/main/c/holdlib.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=c11 -O1 -g -fPIC -fvisibility=hidden $(WARN) -shared -o $@ $<

$(STACK_SO): java-test/src/main/c/stacklib.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=c11 -O2 -g -fPIC -fvisibility=hidden -fomit-frame-pointer $(WARN) -shared -pthread -o $@ $<

$(JNIHEAP_SO): java-test/src/main/c/heaplib.cpp Makefile
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -isystem $(JAVA_HOME)/include -isystem $(JAVA_HOME)/include/linux -O1 -g -fPIC -fvisibility=hidden -Wall -Wextra \
	    -Werror -pthread -DLIBRARY=$(if $(findstring two,$@),Two,One) -shared -o $@ $<

$(OBJ)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

test: test-unit test-java ## all tests

test-unit: $(OBJ)/weir-tests $(FIXTURE_SO) $(HEAP_SO) $(CHAIN_SO) $(OUT)/weir ## CUnit: one module at a time, no JVM (T=suite runs some)
	WEIR_BIN='$(CURDIR)/$(OUT)/weir' $(OBJ)/weir-tests $(T)

test-java: all $(ATTACH_SO) $(HOLD_SO) $(STACK_SO) $(JNIHEAP_SO) ## JUnit: real JVMs and a real Flink with the agent (T=Class runs some)
	$(MVN) -B -ntp -f java-test/pom.xml test $(if $(T),-Dtest='$(T)') -Dsurefire.failIfNoSpecifiedTests=true \
	    '-Dweir.root=$(CURDIR)' '-Dweir.lib=$(CURDIR)/build/libweir.so' '-Dweir.bin=$(CURDIR)/build/weir'

asan: ## unit and stress tests under AddressSanitizer and UndefinedBehaviorSanitizer
	$(MAKE) SAN=address,undefined test-unit

tsan: ## unit and stress tests under ThreadSanitizer
	$(MAKE) SAN=thread test-unit

check: all lint ## layers, exported symbols, function length, the README's options and strings, warnings of gcc and clang, clang-tidy
	scripts/check-layers.sh
	scripts/check-symbols.sh build/libweir.so
	scripts/check-symbols.sh --program build/weir
	scripts/top-length.sh --limit 60
	scripts/gen-options.sh --check
	scripts/check-strings.sh
	scripts/check-yaml.sh

lint:
	$(MAKE) CC=gcc OUT=build/gcc all
	$(MAKE) CC=clang OUT=build/clang all
	printf '%s\n' $(filter %.c,$(ALL_C)) | xargs -P "$$(nproc)" -I @source@ clang-tidy --quiet @source@ -- $(CPPFLAGS) -std=c11 \
	    2>&1 | { grep -v 'warnings\? generated\.$$' || true; }

oracle: all ## weir derive against Flink's own classes, ORACLE_N random configurations per version
	scripts/oracle.sh $(ORACLE_N)

demo: ## a real TaskManager: healthy, leaking, killed, cured, limited, measured
	scripts/demo.sh

bench: all ## what it costs, against the bare JVM and NMT (BENCH="--rounds 3 --only start" runs some)
	scripts/bench.sh $(BENCH)

dist: all ## build/weir-VERSION-linux-ARCH.tar.gz: the folder to copy into an image
	scripts/dist.sh

install: all ## to PREFIX
	install -D -m 0755 build/libweir.so $(DESTDIR)$(PREFIX)/lib/libweir.so
	install -D -m 0755 build/weir $(DESTDIR)$(PREFIX)/bin/weir

format: ## clang-format over all C
	clang-format -i $(ALL_C)

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

clean: ## build/ and java-test/target
	rm -rf build java-test/target

-include $(SO_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TEST_OBJ:.o=.d)
