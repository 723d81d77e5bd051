#!/bin/sh
# kept-logs ROOT SINCE LINES [OWNER...]: what host/keep-logs has kept of containers that are gone, as lines OWNER ROLE ID LINE that
# tabs divide. SINCE is a moment as docker writes it, LINES how many of the last of each container; - for all.
root=$1 since=$2 lines=$3
shift 3
# shellcheck disable=SC2046 # volumes have names without spaces
[ $# -gt 0 ] || set -- $(cd "$root" && for folder in */logs; do [ -d "$folder" ] && printf '%s\n' "${folder%/logs}"; done)
for owner in "$@"; do
    for file in "$root/$owner/logs"/*.log; do
        [ -f "$file" ] || continue
        name=${file##*/}
        name=${name%.log}
        if [ "$lines" = - ]; then cat "$file"; else tail -n "$lines" "$file"; fi |
            awk -v head="$owner	${name%-*}	${name##*-}	" -v since="$since" 'since == "-" || $1 >= since { print head $0 }'
    done
done
