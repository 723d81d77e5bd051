# What restore and drill fetch of a run. The tool itself has `refuse REASON`, which ends it.

# fetch FILE ARGUMENT...: restic with its output in FILE. Without the lock of writers a `forget` may move what is just
# being read: a drill tries twice.
fetch() {
    into=$1
    shift
    for try in ${tries:-1}; do
        code=0
        message=$(restic "$@" 2>&1 > "$into") || code=$?
        [ "$code" != 0 ] || return 0
        [ "$code" -lt 10 ] || refuse "$(reason "$code")"
    done
    refuse "the snapshot can't be read: $(printf '%s\n' "$message" | said -)"
}

# fetch_manifest SOURCE RUN KIND: refuses a run that is not one of SOURCE or of its kind
fetch_manifest() {
    tags="site=$1,run=$2"
    fetch "$work/manifest" dump --no-lock --tag "$tags,complete" latest /manifest.json
    manifest=$(cat "$work/manifest")
    case $manifest in
        *"\"site\":\"$1\""*) ;;
        *) refuse "the snapshot $2 is not one of $1" ;;
    esac
    case $manifest in
        *"\"kind\":\"$3\""*) ;;
        *) refuse "the snapshot $2 is not one of a $3 site, which $site is" ;;
    esac
}

# Each file is read again and compared with what the snapshot says of it. From a folder restic reads two packs at once by
# itself; with four it is done a tenth sooner.
fetch_files() {
    report "$work"
    fetch "$work/files.json" restore "latest:/vol/$1" -o local.connections=4 --no-lock --tag "$tags,part=files" \
        --target "/restore/${work##*/}/new" --sparse --verify --json
}

fetch_database() { fetch "$work/database.sql" dump --no-lock --tag "$tags,part=database" latest /database.sql; }
