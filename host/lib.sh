# Shared by the tools beside it. They run as root on the host, installed under <volume root>/.varvol/bin.
set -eu
umask 022
bin=$(cd "$(dirname "$0")" && pwd)
state=$(dirname "$bin")
root=$(dirname "$state")
export LC_ALL=C

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# alone NAME: waits until no other tool works on it. One may be left over from an `up` whose engine was killed.
alone() {
    mkdir -p "$state/locks"
    exec 9> "$state/locks/$1"
    flock -w 900 9 || fail "another tool has been working on $1 for 15 minutes; see: fuser $state/locks/$1"
}

# write FILE MODE OWNER: standard input becomes the file, all at once; what is the same already stays untouched
write() {
    temp=$(dirname "$1")/.$(basename "$1").new
    rm -f "$temp"
    (umask 077 && cat > "$temp")
    if [ -f "$1" ] && cmp -s "$temp" "$1"; then
        rm -f "$temp"
    else
        mv "$temp" "$1"
    fi
    chown "$3" "$1"
    chmod "$2" "$1"
}
