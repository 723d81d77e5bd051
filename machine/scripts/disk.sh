#!/bin/sh
# disk LABEL ROOT [NAME...]: what takes the disk, in lines whose fields tabs divide, sizes in KiB: folder NAME INNER SIZE, of
# each folder in a volume; database NAME SIZE; logs NAME SIZE, of its containers; disk SIZE FREE. NAMES are sites; all without.
label=$1 root=$2
shift 2
wanted() {
    [ "$#" -gt 1 ] || return 0
    name=$1
    shift
    case " $* " in *" $name "*) return 0 ;; esac
    return 1
}
for volume in "$root"/*/; do
    volume=${volume%/}
    name=${volume##*/}
    [ "$name" != lost+found ] || continue
    wanted "$name" "$@" || continue
    # What is no folder of its own is counted with the volume.
    du -xk --max-depth=1 "$volume" 2> /dev/null | while read -r size folder; do
        inner=${folder#"$volume"}
        printf 'folder\t%s\t%s\t%s\n' "$name" "${inner#/}" "$size"
    done
done
for folder in "$root"/mysql/data/data/*/; do
    [ -d "$folder" ] || continue
    # As the server names a database's folder.
    name=$(basename "$folder" | sed 's/@002d/-/g')
    case $name in mysql | performance_schema | sys | *@*) continue ;; esac
    if wanted "$name" "$@"; then printf 'database\t%s\t%s\n' "$name" "$(du -xsk "$folder" | cut -f 1)"; fi
done
ids=$(docker ps -aq --filter "label=varvol.host=$label" 2> /dev/null)
# shellcheck disable=SC2086 # ids, a word each
[ -z "$ids" ] || docker inspect -f '{{index .Config.Labels "varvol.owner"}} {{.LogPath}}' $ids 2> /dev/null |
    while read -r name log; do
        if [ -n "$log" ] && wanted "$name" "$@"; then
            # What was rotated lies beside it.
            printf 'logs\t%s\t%s\n' "$name" "$(cat "$log"* 2> /dev/null | wc -c | awk '{ print int($1 / 1024) }')"
        fi
    done
df -Pk "$root" | awk 'NR == 2 { printf "disk\t%s\t%s\n", $2, $4 }'
