# shellcheck shell=dash
# What the tools of a puller share: where the repository is, how git reaches it, and what its failures mean.
# shellcheck disable=SC2034 # not every tool asks for all of it
# Tests have it elsewhere.
srv=${GIT_SRV:-/srv} tmp=${TMPDIR:-/tmp}
repo=$srv/repo site=$srv/site
branch=${GIT_BRANCH:-}
folder=$(printf %s "${GIT_FOLDER:-}" | sed 's#^/*##; s#/*$##')
max=${GIT_MAX_BYTES:-1073741824}
secrets=${GIT_SECRETS:-/run/secrets}
export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_GLOBAL=/dev/null GIT_SECRETS="$secrets" GIT_SRV="$srv" LC_ALL=C
case ${GIT_URL:?is not set} in
    "$srv/origin"* | "file://$srv/origin"*) url=file://${GIT_URL#file://} GIT_ALLOW_PROTOCOL=file ;;
    *) url=$GIT_URL GIT_ALLOW_PROTOCOL=https:http:ssh:git ;;
esac
# With a user in the address, the first try is one with an empty password.
case $url in http*://*@*) [ ! -s "$secrets/token" ] || url=$(printf %s "$url" | sed 's#://[^/@]*@#://#') ;; esac
export GIT_ALLOW_PROTOCOL

# One printable line, without what a URL says before its host, and without a token wherever it stands.
plain() {
    local token=''
    [ ! -s "$secrets/token" ] || token=$(cat "$secrets/token")
    tr '\n' ';' | tr -cd '\40-\176' | sed 's#://[^/ ]*@#://***@#g; s/;*$//; s/; */; /g' |
        awk -v token="$token" '{
            while (token != "" && (at = index($0, token))) $0 = substr($0, 1, at - 1) "***" substr($0, at + length(token))
            print substr($0, 1, 600)
        }'
}

# field NAME: what status.json says by that name; "null" for nothing
field() {
    sed -n "s/^  \"$1\": //p" "$site/status.json" 2>/dev/null | sed 's/,$//; s/^"\(.*\)"$/\1/; s/\\\(.\)/\1/g'
}

# taken_over: whether a container that came after this one pulls into the same volume, and did so lately
taken_over() {
    local by
    by=$(field servedBy)
    [ -n "$(find "$site/status.json" -newermt "$((2 * ${GIT_INTERVAL:-600} + 120)) seconds ago" 2>/dev/null)" ] &&
        awk -v me="$(hostname)" -v by="$by" '$0 == me { mine = NR } $0 == by { its = NR } END { exit !(mine && its > mine) }' \
            "$site/pullers" 2>/dev/null
}

# build_id: what a commit is made a site by
build_id() {
    printf '%s\n' "${BUILD_IMAGE:-}" "$folder" "${BUILD_COMMAND:-}" "${BUILD_OUTPUT:-}" | sha256sum | cut -c 1-12
}

# What is served must be of this; another one is waited for as a new one is.
source_id() {
    printf '%s\n' "$GIT_URL" "$branch" "$folder" ${BUILD_COMMAND:+"$(build_id)"} | sha256sum | cut -c 1-16
}

# advertised REF...: what the repository has of these, as lines OBJECT REF; git's own words on standard error
advertised() {
    timeout 60 git ls-remote --quiet -- "$url" "$@" </dev/null 9<&-
}

# wanted FILE: the line OBJECT REF of what is to be served; nothing where there is none; fails with git's words in FILE
wanted() {
    if [ -z "$branch" ]; then
        advertised HEAD >"$tmp/refs" 2>"$1" || return 1
        awk '$2 == "HEAD" { print $1 " " $2; exit }' "$tmp/refs"
        return 0
    fi
    advertised "refs/heads/$branch" "refs/tags/$branch" >"$tmp/refs" 2>"$1" || return 1
    awk -v head="refs/heads/$branch" -v tag="refs/tags/$branch" '
        $2 == head { first = $1 " " $2 } $2 == tag { second = $1 " " $2 }
        END { if (first != "") print first; else if (second != "") print second }' "$tmp/refs"
}

# format_of OBJECT: by what its repository names objects; git fetches from one of its own format alone
format_of() {
    if [ "${#1}" -eq 64 ]; then echo sha256; else echo sha1; fi
}

# nothing_there: why there is nothing to be served, and what there is
nothing_there() {
    local there
    there=$(advertised 'refs/heads/*' 2>/dev/null | sed 's#.*refs/heads/##' | head -n 8 | tr '\n' ' ' | sed 's/ $//; s/ /, /g')
    if [ -n "$branch" ]; then
        echo "no branch or tag \"$branch\"${there:+; it has the branches $there}"
    elif [ -n "$there" ]; then
        echo "no branch that its HEAD leads to; name one as git.branch: it has $there"
    else
        echo 'no commit yet'
    fi
}

# kind_of FILE: what kind of failure git's own words in the file tell: host-key, key, login, missing or unusable, which
# waiting can't mend, or nothing
kind_of() {
    if grep -qiE 'host key verification failed|host identification has changed|no .* host key is known' "$1"; then
        echo host-key
    elif grep -qE 'Permission denied \(|Load key .*: |identity file' "$1"; then
        echo key
    elif grep -qiE 'authentication failed|could not read (Username|Password)|returned error: 40[13]|HTTP Basic: Access denied|unauthorized|permission denied' "$1"; then
        echo login
    elif grep -qiE "repository .*not found|not found|does not (appear to be a git repository|exist)|could not be found|not exported|is this a git repository|returned error: (404|410)" "$1" &&
        ! grep -qiE 'could not resolve|command not found' "$1"; then
        echo missing
    elif grep -qiE "certificate (verification|problem)|SSL certificate|transport '.*' not allowed|Unable to find remote helper|dubious ownership|returned error: 4(0[0-79]|1[1-9])" "$1"; then
        echo unusable
    fi
}
