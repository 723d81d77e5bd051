#!/bin/sh
# leftovers LABEL ROOT NETWORK...: what a host has of a stack, and which containers requests are sent to
label=$1 root=$2
shift 2
format='container {{.Id}} {{.Name}} {{.State.Running}} {{.Created}} {{index .Config.Labels "varvol.resource"}}'
for id in $(docker ps -aq --no-trunc --filter "label=varvol.host=$label"); do
    docker inspect -f "$format" "$id" 2> /dev/null
done
for name; do
    for id in $(docker network ls -q --no-trunc --filter "name=^$name\$"); do
        docker network inspect -f 'network {{.Id}} {{.Name}} {{len .Containers}}' "$id" 2> /dev/null
    done
done
# shellcheck disable=SC2016 # nginx's variable
sed -n 's/^ *set \$generation \(.*\);$/serving \1/p' "$root"/gateway/conf/current/vhosts/*.conf 2> /dev/null
for link in "$root"/*/run/fpm.sock; do
    target=$(readlink "$link") && echo "serving $(basename "$target" .sock | sed 's/^php-//')"
done
exit 0
