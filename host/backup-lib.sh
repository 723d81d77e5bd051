# Shared by the tools that work with the backup repository; `repository` has written down which one that is.
settings=$state/backup
[ -f "$settings/location" ] ||
    fail "no backups are set up on this host: put varvol:backup into the stack file and run: npx varvol up"
read -r stack namespace image < "$settings/host"
namespace=${namespace#.}
location=$(cat "$settings/location")
mysql=${namespace}mysql
net=${namespace}gateway-net
runner= reporter=

# open read|write|restore: starts the container that restic runs in. It sees the repository, the data and a folder to restore
# to, and has the network only where the repository is not a folder. The sites' containers come first at the cores and in
# memory, but for a restore: its site is the one that waits. Files that are written count as memory, and 1 GiB held it up.
open() {
    network=bridge mounts='' place=$location shares=128 memory=1024
    if [ "$1" = restore ]; then
        shares=1024 memory=$(awk '/^MemTotal:/ { half = int($2 / 2048); print (half > 1024 ? half : 1024) }' /proc/meminfo)
    fi
    case $location in
        /*)
            network=none place=/repository mounts="-v $location:/repository"
            [ "$1" = write ] || [ -d "$location" ] || fail "$(reason 10)"
            [ -d "$location" ] || mkdir -p -m 700 "$location"
            ;;
        control-node:*)
            [ -S "${VARVOL_REPOSITORY:-}" ] ||
                fail "the backup repository ${location#*:} lies on the machine that varvol runs on; run it there: npx varvol backup"
            network=none place=rest:http+unix:///run/repository.sock:/
            mounts="--mount type=bind,src=$VARVOL_REPOSITORY,dst=/run/repository.sock"
            ;;
    esac
    [ ! -f "$settings/credentials" ] || mounts="$mounts -v $settings/credentials:/run/secrets/credentials:ro"
    mkdir -p "$settings/cache" "$state/restore"
    chmod 700 "$settings/cache" "$state/restore"
    # The name in its locks: restic takes those of killed processes of its own machine away, and of no other.
    [ -s "$settings/machine" ] || od -An -N8 -tx1 /dev/urandom | tr -d ' \n' | write "$settings/machine" 0600 0:0
    # By name: whoever is cut off here removes it, too.
    runner=${namespace}backup-$$-$(date +%s)
    # GOGC: restic sets 50 by itself; with 200 a first backup takes a twelfth less of the processor, for 80 MiB more.
    # shellcheck disable=SC2086 # the folders have no spaces: the stack file's schema sees to it
    docker run -d --rm --init --hostname "varvol-$(cat "$settings/machine")" --name "$runner" --label "varvol.backup=$stack/$1" \
        --network "$network" --read-only --tmpfs /tmp:rw,nosuid,nodev,size=256m --log-driver none \
        --cap-drop ALL --cap-add DAC_OVERRIDE --cap-add CHOWN --cap-add FOWNER --cap-add FSETID \
        --security-opt no-new-privileges --cpu-shares "$shares" --memory "${memory}m" --memory-swap "${memory}m" --pids-limit 256 \
        -v "$root:/vol:ro" -v "$state/restore:/restore" -v "$settings/cache:/cache" $mounts \
        -v "$settings/password:/run/secrets/password:ro" -e RESTIC_PASSWORD_FILE=/run/secrets/password \
        -e "RESTIC_REPOSITORY=$place" -e RESTIC_CACHE_DIR=/cache -e RESTIC_PROGRESS_FPS=0.5 -e GOMEMLIMIT=800MiB -e GOGC=200 "$image" > /dev/null ||
        fail "the container for restic can't be started; see above, and run: npx varvol up"
    [ -z "${VARVOL_REPOSITORY:-}" ] || watched
}

# watched: ends restic once the control node is away. It would try for a quarter of an hour, with what was stopped stopped;
# and whoever writes to the connection then is ended, so that it is a trap that must put things right.
watched() {
    trap 'exit 141' PIPE
    setsid sh -c 'docker exec "$1" /usr/lib/varvol/connected || [ $? != 75 ] || docker rm -f "$1"' \
        sh "$runner" > /dev/null 2>&1 9>&- < /dev/null &
}

# report FOLDER: says on standard output every other second, until it is closed, how far restic has come by the JSON that
# it writes to files there: "at BYTES", or "at BYTES TOTAL" where it knows that.
report() {
    (
        # Whoever waits for the lock, or for the end of what is said, does not wait for this.
        exec 9>&-
        while sleep 2 > /dev/null 2>&1 && kill -0 $$ 2> /dev/null; do
            newest=$(find "$1" -maxdepth 1 -name '*.json' -printf '%T@ %p\n' | sort -n | tail -n 1)
            [ -z "$newest" ] || tail -n 1 "${newest#* }" | sed -n '
                s/^{"message_type":"status".*"bytes_done":\([0-9]*\)[,}].*/at \1/p
                s/^{"message_type":"status".*"total_bytes":\([0-9]*\),"bytes_restored":\([0-9]*\)[,}].*/at \2 \1/p'
        done
    ) &
    reporter=$!
}

close() {
    [ -z "$reporter" ] || kill "$reporter" 2> /dev/null || true
    reporter=
    [ -z "$runner" ] || docker rm -f "$runner" > /dev/null 2>&1 || true
    runner=
}

# What a tool's own input is for, only restic_fed may read.
restic() { docker exec "$runner" /usr/lib/varvol/restic "$@"; }
restic_fed() { docker exec -i "$runner" /usr/lib/varvol/restic "$@"; }

# reason CODE: what an exit code of restic's says, and what to do
reason() {
    case $1 in
        10) printf 'the backup repository %s is not there; if it lies on a disk or a server, bring that back, or name another one in varvol:backup.repository and run: npx varvol up' "$location" ;;
        11) printf 'the backup repository %s is locked by another machine; wait for that' "$location" ;;
        12) printf 'the backup repository %s has another password than this host; it is not touched' "$location" ;;
        *)
            if lost_connection "$1"; then
                printf 'the connection to the control node, where the backup repository lies, was lost'
            else
                printf 'restic ended with code %s' "$1"
            fi
            ;;
    esac
}

# lost_connection CODE: whether restic was ended for it
lost_connection() { [ -n "${VARVOL_REPOSITORY:-}" ] && { [ "$1" = 137 ] || ! docker inspect "$runner" > /dev/null 2>&1; }; }

# new_run: a name for a run, which begins with its moment
new_run() { printf '%s-%s' "$(date -u +%Y%m%dt%H%M%S)" "$(od -An -N2 -tx1 /dev/urandom | tr -d ' \n')"; }

# record NAME backup|drill ok|failed RUN SECONDS TEXT: what came of it, for `status` and `evidence`; the last 100 are kept
record() {
    results=$settings/results/$1.$2
    mkdir -p "$settings/results"
    text=$(printf %s "$6" | tr '\n\t' '  ' | cut -c 1-1000)
    { tail -n 99 "$results" 2> /dev/null || true; printf '%s\t%s\t%s\t%s\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$3" "$4" "$5" "$text"; } | write "$results" 0600 0:0
}

# newest_run NAME: of its good backups; nothing where there is none
newest_run() { { cat "$settings/results/$1.backup" 2> /dev/null || true; } | awk -F '\t' '$2 == "ok" { run = $3 } END { print run }'; }

# said FILE, or -: the last of what restic had to say, as JSON or in plain words
said() { sed 's/.*"message":"\([^}]*\)"}.*/\1/' "$1" | tail -n 3; }

# alone_with_repository: one tool at a time writes; what a killed one left is put right first
alone_with_repository() {
    alone backup
    left=$(docker ps -aq --filter "label=varvol.backup=$stack/write" && docker ps -aq --filter "label=varvol.backup=$stack/restore")
    # shellcheck disable=SC2086 # one word a container
    [ -z "$left" ] || docker rm -f $left > /dev/null
    "$bin/resume" 9>&-
}

# unlock: locks of a folder, here or on the control node, are those of killed runs, as nothing else works on it now; a
# server's may be others'
unlock() {
    case $location in
        /*) [ -z "$(ls -A "$location/locks" 2> /dev/null)" ] || restic unlock --quiet --remove-all > /dev/null ;;
        control-node:*) restic unlock --quiet --remove-all > /dev/null ;;
        *)
            restic unlock --quiet > /dev/null 2>&1 || true
            # The number of a process that locks is one that the next run's unlock does not have itself.
            docker exec "$runner" sh -c 'for i in $(seq 200); do (:); done'
            ;;
    esac
}

# guarded FILE: has `resume` do what FILE asks for should this tool be killed
guarded() {
    setsid sh -c 'tail --pid="$1" -f /dev/null; exec "$2/resume" "$3"' sh $$ "$bin" "$1" > /dev/null 2>&1 9>&- < /dev/null &
}
