#!/bin/sh
# images NAME...: those of the images that are there
for image; do docker image inspect "$image" > /dev/null 2>&1 && echo "$image"; done
exit 0
