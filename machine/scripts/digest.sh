#!/bin/sh
# digest IMAGE: pulls an image and gives its name by digest
set -e
docker pull -q "$1" > /dev/null
docker image inspect -f '{{index .RepoDigests 0}}' "$1"
