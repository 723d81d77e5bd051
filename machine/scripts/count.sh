#!/bin/sh
# count FOLDER: how many files it has, and their size in bytes
find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%d %.0f\n", NR, sum }'
