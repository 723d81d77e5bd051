#!/bin/sh
# holes IMAGE NAME=VERSION...: looks only: of these packages, and of those in the image itself, those of which Debian's
# security archive has a newer version: "hole NAME VERSION FIXED", "base NAME VERSION FIXED". Fails where that archive can't
# be read, because that nothing is newer would be said then, too.
image=$1
shift
docker run --rm -i "$image" sh -s -- "$@" << 'END'
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
apt-get -qq update --error-on=any
apt-cache policy | grep -q 'l=Debian-Security' || {
    echo 'no list of the security archive could be read' >&2
    exit 1
}
dpkg-query -W -f '${Package} ${Version}\n' | sed 's/^/base /' > "$work/held"
for pair; do echo "hole ${pair%%=*} ${pair#*=}"; done >> "$work/held"
# A rebuild of the same source (+b1) is no other version, as in the lock. The newest comes first.
apt-cache madison $(cut -d ' ' -f 2 "$work/held" | sort -u) 2> /dev/null |
    awk -F ' *[|] *' '$3 ~ /-security\// { gsub(/ /, "", $1); sub(/[+]b[0-9]+$/, "", $2); if (!seen[$1]++) print $1, $2 }' > "$work/fixed"
awk 'NR == FNR { fixed[$1] = $2; next } $2 in fixed { sub(/[+]b[0-9]+$/, "", $3); if ($3 != fixed[$2]) print $0, fixed[$2] }' "$work/fixed" "$work/held" |
    while read -r word name version fixed; do
        if dpkg --compare-versions "$version" lt "$fixed"; then echo "$word $name $version $fixed"; fi
    done
END
