#!/bin/sh
# certificates ROOT: what came of the tries for certificates of public authorities, in lines: certificate SITE JSON
# (agent/certificates/plan.ts, Journal), with tabs between.
for file in "$1"/.varvol/certificates/*.json; do
    site=$(basename "$file" .json)
    if [ ! -f "$file" ] || [ "$site" = plan ]; then continue; fi
    printf 'certificate\t%s\t%s\n' "$site" "$(tr -d '\n\t' < "$file")"
done
