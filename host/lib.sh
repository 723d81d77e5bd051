# shellcheck shell=dash
# Shared by the tools beside it. They run as root on the host, installed under <volume root>/.varvol/bin.
set -eu
umask 022
bin=$(cd "$(dirname "$0")" && pwd)
state=$(dirname "$bin")
# shellcheck disable=SC2034 # not every tool asks where data lies
root=$(dirname "$state")
export LC_ALL=C

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# alone NAME: waits for a minute until nobody else works on it, a tool or one of the agent's jobs. One may be left over
# from an `up` whose engine was killed. Who holds a lock stands in it, for whoever waits.
alone() {
    local lock="$state/locks/$1"
    mkdir -p "$state/locks"
    # Whoever can open a lock can hold it.
    chmod 700 "$state/locks"
    exec 9>> "$lock"
    chmod 600 "$lock"
    flock -w 60 9 ||
        fail "$1: waited 60 s for another tool that works on it: $(holder "$lock"); let it end, or end it, and try again"
    printf '%s %s\n' $$ "${0##*/}" > "$lock"
}

# holder LOCK: whom its file names. One that was killed may have left what it had started.
holder() {
    local pid='' tool=''
    read -r pid tool < "$1" || true
    if [ -z "$pid" ]; then
        printf 'it does not say who it is'
    elif [ "$pid" = - ]; then
        printf "the agent's %s" "$tool"
    elif [ -d "/proc/$pid" ]; then
        printf '%s, process %s' "$tool" "$pid"
    else
        printf 'what %s, process %s, has started and left' "$tool" "$pid"
    fi
}

# at_work: has whoever watches the sites tell nobody that one is away, for a minute and a half
at_work() { : > "$state/at-work"; }

# write FILE MODE OWNER: standard input becomes the file, all at once; what is the same already stays untouched
write() {
    local temp
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
