# What a drill makes, starts, and removes again: containers like a site's own on a network without a way out.
label=varvol.backup=$stack/drill
work=$state/restore/.drill
journal=$settings/drilling
scratch=${namespace}drill

drop_containers() {
    left=$(docker ps -aq --filter "label=$label")
    # shellcheck disable=SC2086 # one word a container
    [ -z "$left" ] || docker rm -fv $left > /dev/null 2>&1 || true
}

drop_drill() {
    drop_containers
    left=$(docker network ls -q --filter "label=$label")
    # shellcheck disable=SC2086 # one word a network
    [ -z "$left" ] || docker network rm $left > /dev/null 2>&1 || true
    rm -rf "$work"
    rm -f "$journal"
}

# What a killed one left is its failure: the lock says that nothing of it is at work any more.
put_right() {
    [ ! -f "$journal" ] || {
        read -r pid site run since < "$journal"
        record "$site" drill failed "$run" $(($(date +%s) - since)) interrupted
    }
    drop_drill
}

# Whoever holds the lock is the drill itself, or what one that was killed had started: that ends with its container.
undo_drill() {
    written=$(cat "$journal" 2> /dev/null) || return 0
    exec 9> "$state/locks/drill"
    if ! flock -n 9; then
        [ ! -d "/proc/${written%% *}" ] || return 0
        drop_containers
        flock -w 60 9 || return 0
        [ "$(cat "$journal" 2> /dev/null)" = "$written" ] || return 0
    fi
    put_right
}

# options CONTAINER: what it was started with, as words for a shell; and so its image and command
options() {
    docker inspect -f "$(
        cat << 'END'
{{define "word"}} '{{join (split . "'") "'\\''"}}'{{end -}}
--memory {{.HostConfig.Memory}} --memory-swap {{.HostConfig.MemorySwap}}
{{- with .HostConfig.PidsLimit}} --pids-limit {{.}}{{end}}
{{- if .HostConfig.ReadonlyRootfs}} --read-only{{end}}
{{- with .Config.User}} --user{{template "word" .}}{{end}}
{{- range $folder, $how := .HostConfig.Tmpfs}} --tmpfs{{template "word" printf "%s:%s" $folder $how}}{{end}}
{{- range .HostConfig.SecurityOpt}} --security-opt{{template "word" .}}{{end}}
{{- range .HostConfig.CapDrop}} --cap-drop{{template "word" .}}{{end}}
{{- range .HostConfig.CapAdd}} --cap-add{{template "word" .}}{{end}}
{{- range .Config.Env}} --env{{template "word" .}}{{end}}
END
    )" "$1"
}

image_and_command() {
    docker inspect -f "$(
        cat << 'END'
{{define "word"}} '{{join (split . "'") "'\\''"}}'{{end -}}
{{.Image}}{{range .Config.Cmd}}{{template "word" .}}{{end}}
END
    )" "$1"
}

# mounts CONTAINER: its folders, from the scratch copy. Only the secrets are the site's own, and nothing writes there.
mounts() {
    docker inspect -f '{{range .Mounts}}{{println .Source .Destination .RW}}{{end}}' "$1" | while read -r from to writable; do
        case $from in
            "$root/$site/secrets") printf -- '--volume %s:%s:ro ' "$from" "$to" ;;
            "$root/$site/"* | "$root/mysql/"*)
                copy=$work/new/${from##*/}
                if [ ! -d "$copy" ]; then
                    mkdir "$copy"
                    chown --reference="$from" "$copy"
                    chmod --reference="$from" "$copy"
                fi
                [ "$writable" = true ] && how=rw || how=ro
                printf -- '--volume %s:%s:%s ' "$copy" "$to" "$how"
                ;;
        esac
    done
}

# like CONTAINER ALIAS OPTION...: a container as that one is, found as ALIAS on the scratch network; prints its id
like() {
    original=$1 alias=$2
    shift 2
    folders=$(mounts "$original")
    # shellcheck disable=SC2086 # the folders have no spaces: the stack file's schema sees to it
    set -- --network "$scratch" --network-alias "$alias" --name "$scratch-$alias" --label "$label" --cpu-shares 128 \
        --log-driver json-file --log-opt max-size=1m $folders "$@"
    eval "set -- $(options "$original") \"\$@\" $(image_and_command "$original")"
    docker run -d "$@"
}

# healthy WHAT CONTAINER: waits until its image says so; not for long where it answers, and with an error
healthy() {
    deadline=$(($(date +%s) + 180)) erring=
    until last=$(docker exec "$2" /usr/lib/varvol/healthy 2>&1); do
        case $last in *answered*) [ -n "$erring" ] || { erring=yes deadline=$(($(date +%s) + 15)); } ;; esac
        if [ "$(docker inspect -f '{{.State.Running}}' "$2")" != true ] || [ "$(date +%s)" -ge "$deadline" ]; then
            refuse "$1 does not start: $(printf %s "$last" | tail -n 1)
$(docker logs --tail 5 "$2" 2>&1 | cut -c 1-300)"
        fi
        sleep 0.5
    done
}

# rows_in DUMP, rows_of DATABASE: a line for each table, its name and its rows. mariadb-dump writes a row a line.
rows_in() {
    awk '
        /^-- varvol: definitions$/ { exit }
        /^CREATE TABLE `/ { split($0, quoted, "`"); rows[quoted[2]] = 0 }
        /^INSERT ([A-Z]+ )*INTO `/ { split($0, quoted, "`"); table = quoted[2]; next }
        /^\(/ { rows[table]++ }
        END { for (table in rows) print table "\t" rows[table] }
    ' "$1" | sort
}

rows_of() {
    tables_of "$1" | sed 's/.*/SELECT '\''&'\'', COUNT(*) FROM `&`;/' | admin "$1" | sort
}
