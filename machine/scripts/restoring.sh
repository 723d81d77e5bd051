#!/bin/sh
# restoring ROOT begin SNAPSHOT: the host comes back to a snapshot; nothing is backed up until it has
# restoring ROOT end: it has
# restoring ROOT which: the snapshot; nothing where the host does not come back to any
file=$1/.varvol/restoring
case $2 in
    begin) printf '%s\n' "$3" > "$file.new" && mv "$file.new" "$file" ;;
    end) rm -f "$file" ;;
    which) [ ! -e "$file" ] || head -n 1 "$file" ;;
esac
