#!/bin/sh
# imports ROOT NAME...: what the sites' imports left out, a line of JSON each
root=$1
shift
for name; do
    for file in "$root/.varvol/imports/$name".*; do
        [ ! -f "$file" ] || cat "$file"
    done
done
