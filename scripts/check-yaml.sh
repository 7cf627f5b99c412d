#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# check-yaml.sh: each ```yaml block of the README must parse, say what it is, and mount only volumes
# that it has, at the place where its agentpath looks. The pod of the operator's example must be the
# one of the plain example. Before it judges the README it proves on broken ones that it can fail.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

check() {
    python3 - "$1" <<'EOF'
import re, sys, yaml

def fail(what):
    sys.exit("check-yaml.sh: " + what)

def pod_of(document):
    if document.get("kind") == "Pod":
        return document["spec"]
    if document.get("kind") == "FlinkDeployment":
        return document["spec"]["taskManager"]["podTemplate"]["spec"]
    fail("neither a Pod nor a FlinkDeployment: %s" % document.get("kind"))

def check_mounts(pod):
    volumes = {v["name"] for v in pod["volumes"]}
    for container in pod["initContainers"] + pod["containers"]:
        for mount in container["volumeMounts"]:
            if mount["name"] not in volumes:
                fail("no volume %s" % mount["name"])
            if mount["mountPath"] != "/opt/weir":
                fail("mounted at %s" % mount["mountPath"])
    if [c["name"] for c in pod["containers"]] != ["flink-main-container"]:
        fail("Flink's container must be named flink-main-container")

text = open(sys.argv[1]).read()
blocks = re.findall(r"^```yaml\n(.*?)^```$", text, re.S | re.M)
if len(blocks) < 2:
    fail("only %d blocks" % len(blocks))
pods = []
for block in blocks:
    try:
        document = yaml.safe_load(block)
        pods.append(pod_of(document))
        check_mounts(pods[-1])
    except (yaml.YAMLError, KeyError, TypeError) as e:
        fail("%s: %s in:\n%s" % (type(e).__name__, e, block))
    options = document["spec"].get("flinkConfiguration", {}).get("env.java.opts.taskmanager")
    if options is not None and "-agentpath:/opt/weir/libweir.so" not in options.split():
        fail("options %s" % options)
if any(pod != pods[0] for pod in pods):
    fail("the pods differ")
print("check-yaml: %d YAML blocks of the README parse and fit together" % len(blocks))
EOF
}

# SED SCRIPT: a README changed by it must be refused.
must_refuse() {
    sed "$1" "$root/README.md" >"$work/README.md"
    if cmp -s "$root/README.md" "$work/README.md"; then
        echo "check-yaml.sh: self-test: '$1' changes nothing" >&2
        return 1
    fi
    if check "$work/README.md" >/dev/null 2>&1; then
        echo "check-yaml.sh: self-test: '$1' was not noticed" >&2
        return 1
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
must_refuse 's/^kind: Pod/kind: [Pod/'
must_refuse 's/^    - name: flink-main-container.*/    - name: main/'
must_refuse 's/^      emptyDir: {}/      hostPath: {}/'
must_refuse '/^ *volumes:$/,/^```/s/- name: weir/- name: other/'
must_refuse 's/^    env.java.opts.taskmanager: .*/    env.java.opts.taskmanager: -agentpath:\/weir/'
check "$root/README.md"
