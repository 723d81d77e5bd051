#!/bin/sh
# migrated ROOT: what migrations of sites came to that nobody was told of yet, a line SITE TEXT each; it is told once
for file in "$1"/.varvol/migrated/*; do
    [ -f "$file" ] || continue
    sed "s|^|${file##*/} |" "$file" && rm -f "$file"
done
exit 0
