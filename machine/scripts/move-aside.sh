#!/bin/sh
# move-aside ROOT LABEL: moves a volume root that nothing uses to a folder beside, and gives that one's path
set -e
users=$(docker ps -a --filter "label=varvol.host=$2" --format '{{.Names}}')
if [ -n "$users" ]; then
    echo "containers still use $1: $users; remove them first (npx varvol destroy, or docker rm -f)" >&2
    exit 1
fi
aside=$1.before-$(date -u +%Y%m%dT%H%M%SZ)
mv -T "$1" "$aside"
echo "$aside"
