#!/bin/sh
# generations ROOT: the images that each role has run, a line ROLE IMAGE each, the newest last
for file in "$1"/.varvol/generations/*; do
    [ -f "$file" ] && sed "s|^|${file##*/} |" "$file"
done
exit 0
