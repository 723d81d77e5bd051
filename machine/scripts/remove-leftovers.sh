#!/bin/sh
# remove-leftovers container|network ID ...
set -e
while [ $# -gt 0 ]; do
    case $1 in
        container)
            docker stop "$2" > /dev/null 2>&1 || true
            docker rm -fv "$2" > /dev/null
            ;;
        network) docker network rm "$2" > /dev/null ;;
    esac
    shift 2
done
