#!/bin/sh
# data ROOT: sites and modules that have data, a line each
cd "$1" 2> /dev/null || exit 0
for inner in */site */content */repo mysql/data; do
    [ -d "$inner" ] && [ -n "$(ls -A "$inner")" ] && echo "${inner%%/*}"
done
exit 0
