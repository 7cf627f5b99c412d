#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# flink.sh: lays out a real Flink under build/flink/VERSION from the published jars.
#
#   scripts/flink.sh VERSION [DIR]   DIR defaults to build/flink/VERSION; prints DIR
#   scripts/flink.sh --list          the versions this project tests against
#
# Flink's own flink-dist jar is not published, so lib/ is composed from the single artifacts that
# flink-dist is made of. The versions of everything below them (log4j, slf4j, netty, ...) are those
# of Flink's own parent pom. DIR then looks like an unpacked Flink: lib/ and conf/; the start
# scripts are scripts/flink-flags.sh and scripts/flink-jvm.sh. Fast when DIR is already complete.
set -euo pipefail

FLINK_VERSIONS="1.20.5 2.3.0"
DEPENDENCY_PLUGIN="org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
LAYOUT=2 # raise it when what this script writes changes: older directories are then rebuilt

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say()
{
    echo "flink.sh: $*" >&2
}

usage()
{
    sed -n '4,7s/^# *//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

# True when version $1 is at least $2.
at_least()
{
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1)" = "$2" ]
}

dependency()
{
    echo "    <dependency><groupId>$1</groupId><artifactId>$2</artifactId>${3:+<version>$3</version>}</dependency>"
}

# The parent pom pins everything; the clients artifact pulls in runtime, core, streaming and RPC.
write_pom()
{
    local version=$1
    cat <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.weir</groupId><artifactId>flink-layout</artifactId><version>1</version>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.apache.flink</groupId><artifactId>flink-parent</artifactId>
      <version>$version</version><type>pom</type><scope>import</scope></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
XML
    local a
    for a in flink-clients flink-runtime flink-runtime-web flink-streaming-java flink-core \
             flink-rpc-akka-loader; do
        dependency org.apache.flink "$a" "$version"
    done
    for a in log4j-api log4j-core log4j-slf4j-impl log4j-1.2-api; do
        dependency org.apache.logging.log4j "$a"
    done
    echo "  </dependencies></project>"
}

# The module openings that Flink's shipped configuration carries for Java 17 and newer.
java_opts()
{
    local p out=
    for p in java.base/sun.net.util java.rmi/sun.rmi.registry jdk.compiler/com.sun.tools.javac.api \
             jdk.compiler/com.sun.tools.javac.file jdk.compiler/com.sun.tools.javac.parser \
             jdk.compiler/com.sun.tools.javac.tree jdk.compiler/com.sun.tools.javac.util \
             java.security.jgss/sun.security.krb5; do
        out+=" --add-exports=$p=ALL-UNNAMED"
    done
    for p in java.lang java.net java.io java.nio sun.nio.ch java.lang.reflect java.text java.time \
             java.util java.util.concurrent java.util.concurrent.atomic java.util.concurrent.locks; do
        out+=" --add-opens=java.base/$p=ALL-UNNAMED"
    done
    echo "${out# }"
}

# Flat keys are valid in both file formats; the sizes are those of the shipped file.
write_conf()
{
    local version=$1 dir=$2 file=config.yaml
    at_least "$version" 1.19 || file=flink-conf.yaml
    cat > "$dir/$file" <<YAML
env.java.opts.all: $(java_opts)
jobmanager.rpc.address: localhost
jobmanager.rpc.port: 6123
jobmanager.bind-host: localhost
jobmanager.memory.process.size: 1600m
jobmanager.execution.failover-strategy: region
taskmanager.bind-host: localhost
taskmanager.host: localhost
taskmanager.numberOfTaskSlots: 1
taskmanager.memory.process.size: 1728m
parallelism.default: 1
rest.address: localhost
rest.bind-address: localhost
YAML
    write_logging "$dir"
}

# Console as Flink writes it in a container; log4j.properties and the client write the file of
# -Dlog.file only; BashJavaUtils writes to the console what the start scripts hand on.
write_logging()
{
    local dir=$1 pattern='%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n'
    cat > "$dir/log4j-console.properties" <<PROPERTIES
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console
rootLogger.appenderRef.file.ref = File
appender.console.name = Console
appender.console.type = CONSOLE
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = $pattern
appender.file.name = File
appender.file.type = File
appender.file.fileName = \${sys:log.file}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = $pattern
PROPERTIES
    grep -v -i console "$dir/log4j-console.properties" | tee "$dir/log4j.properties" \
        > "$dir/log4j-cli.properties"
    grep -v -i '[.]file' "$dir/log4j-console.properties" \
        | sed 's/^\(appender.console.layout.pattern\).*/\1 = %-5p [] - %m%n/' \
        > "$dir/log4j-bash-utils.properties"
}

install_jars()
{
    local version=$1 dir=$2 log=$2/mvn.log
    mkdir -p "$dir/lib"
    write_pom "$version" > "$dir/pom.xml"
    say "Flink $version: fetching the published jars into $dir/lib"
    if ! mvn -B -ntp -f "$dir/pom.xml" "$DEPENDENCY_PLUGIN:copy-dependencies" \
            -DincludeScope=runtime -DoutputDirectory="$dir/lib" > "$log" 2>&1; then
        tail -n 20 "$log" >&2
        say "Flink $version: Maven could not resolve it; the whole output is in $log"
        return 1
    fi
}

[ $# -ge 1 ] || usage
if [ "$1" = --list ]; then
    tr ' ' '\n' <<< "$FLINK_VERSIONS"
    exit 0
fi
case $1 in [0-9]*.[0-9]*.[0-9]*) ;; *) usage ;; esac

version=$1
dir=${2:-$root/build/flink/$version}
mark="layout $LAYOUT of Flink $version"
if [ "$(cat "$dir/.complete" 2>/dev/null)" != "$mark" ]; then
    # Two callers at once (demo and tests) must not mix their files: the second waits.
    mkdir -p "$dir"
    exec 9> "$dir/.lock"
    flock 9
    if [ "$(cat "$dir/.complete" 2>/dev/null)" != "$mark" ]; then
        rm -rf "${dir:?}/lib" "${dir:?}/conf"
        mkdir -p "$dir/conf"
        install_jars "$version" "$dir"
        write_conf "$version" "$dir/conf"
        echo "$mark" > "$dir/.complete"
        say "Flink $version: $(find "$dir/lib" -name '*.jar' | wc -l) jars, $(du -sh "$dir/lib" | cut -f1)"
    fi
fi
echo "$dir"
