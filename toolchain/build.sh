#!/usr/bin/env bash
# Builds the Pulumi CLI, its Node.js language host and the plugins docker,
# random, tls and command from their Go modules, for a machine that reaches a
# Go module proxy but not Pulumi's download host.
#
#   build.sh FOLDER     executables into FOLDER/bin, plugins into FOLDER/home/plugins
#
# Put FOLDER/bin on PATH and set PULUMI_HOME=FOLDER/home. FOLDER appears only
# when everything is built; what an interrupted build has finished is kept
# beside it in FOLDER.partial, and Go's own cache keeps the packages.
set -euo pipefail

folder=$1
here=$(cd "$(dirname "$0")" && pwd)

# One version a package: the CLI's is pinned in cli/go.mod; a plugin's is that
# of the npm package that asks for it.
pulumi_version=3.259.0
docker_version=5.2.0
random_version=4.21.2
tls_version=5.6.1
command_version=1.2.1

sdk=github.com/pulumi/pulumi/sdk/v3
export CGO_ENABLED=0

# The kernel lets go of the lock when the last process that holds it ends, so
# there is no stale lock, and the compiler of a killed build is waited for.
mkdir -p "$(dirname "$folder")"
exec 9>>"$folder.lock"
if ! flock -n 9; then
    echo "waiting for another build of the engine to end"
    flock 9
fi
[ -e "$folder" ] && exit 0

partial=$folder.partial
bin=$partial/bin
plugins=$partial/home/plugins
mkdir -p "$bin" "$plugins"

count=0
# build MODULE PACKAGE OUTPUT LINK-TIME-VARIABLE
build() {
    count=$((count + 1))
    [ -x "$3" ] && return
    echo "building $count of 6: $(basename "$3")"
    # -v names each package on stderr as it is compiled: the only sign of progress there is.
    (cd "$here/$1" && go build -v -trimpath -ldflags "-s -w -X $4" -o "$3.tmp" "$2")
    mv "$3.tmp" "$3"
}

# plugin NAME VERSION MODULE PACKAGE
plugin() {
    local target=$plugins/resource-$1-v$2
    mkdir -p "$target"
    build "$3" "$4" "$target/pulumi-resource-$1" "main.version=$2"
}

build cli github.com/pulumi/pulumi/pkg/v3/cmd/pulumi "$bin/pulumi" \
    "$sdk/go/common/version.Version=v$pulumi_version"
build language "$sdk/nodejs/cmd/pulumi-language-nodejs" "$bin/pulumi-language-nodejs" \
    "$sdk/go/common/version.Version=v3.68.0"
install -m 755 "$here/pulumi-resource-pulumi-nodejs" "$bin/"

plugin docker $docker_version plugins ./docker
plugin random $random_version plugins ./random
plugin tls $tls_version plugins ./tls
plugin command $command_version command .
for name in docker random tls; do
    version=${name}_version
    target=$plugins/resource-$name-v${!version}
    [ -f "$target/schema-$name.json" ] && continue
    echo "writing the schema of $name"
    "$target/pulumi-resource-$name" -write-schema
done

echo "{\"source\":\"build\",\"version\":\"$pulumi_version\"}" >"$partial/engine.json"
sync -f "$partial"
mv -T "$partial" "$folder"
