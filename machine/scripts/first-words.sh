#!/bin/sh
# first-words SITE NAMESPACE: what the site's containers wrote of making it ready
docker ps -q --filter "label=varvol.owner=$1" --filter "name=^$2$1-" | while read -r id; do
    docker logs "$id" 2>&1 | sed -n 's/^init: //p'
done
