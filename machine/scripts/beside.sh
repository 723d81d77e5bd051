#!/bin/sh
# beside NETWORKS CREATE...: runs a container that docker create makes of these words, on this terminal or what comes as
# standard input, and ends as it does. NETWORKS, with spaces between, are those that it is on beside the first.
networks=$1
shift
id=$(docker create "$@") || exit 125
trap 'docker rm -f "$id" > /dev/null 2>&1' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
for network in $networks; do
    docker network connect "$network" "$id" || exit 125
done
docker start -ai "$id"
