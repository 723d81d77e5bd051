#!/bin/sh
# results ROOT: what came of backups and drills, and whether the host still comes back from its backups
root=$1
for file in "$root"/.varvol/backup/results/*; do
    [ ! -f "$file" ] || sed "s/^/result	${file##*/}	/" "$file"
done
[ ! -e "$root"/.varvol/restoring ] || echo restoring
