#!/bin/sh
# drift ROOT LABEL: what is on the host, for a comparison with what should be. Paths with a line end in them can't be
# told apart; sha256sum marks them, and they differ from any that is expected.
root=$1 label=$2
docker version > /dev/null || exit 1
list() { docker ps -aq --no-trunc --filter "label=varvol.host=$label"; }
list | xargs -r docker inspect --format 'container {{json .}}'
list | xargs -r docker inspect --format '{{.Image}}' | sort -u |
    xargs -r docker image inspect --format 'image {{json .}}' 2> /dev/null
docker network ls --no-trunc --format 'network {{.ID}} {{.Name}}'
cd "$root" 2> /dev/null || exit 0
[ ! -x .varvol/bin/firewall ] || .varvol/bin/firewall check 2>&1 | sed 's/^/open /'
for note in .varvol/off/*; do
    [ -f "$note" ] && echo "off ${note##*/}"
done
echo "current $(readlink gateway/conf/current)"
{
    find -H .varvol/bin gateway/conf/parts gateway/conf/current/ -type f ! -path '*/parts/.*' -print0 2> /dev/null
    find gateway/certificates -type f -name '[!.]*' -print0 2> /dev/null
    find . -mindepth 3 -maxdepth 3 \( -path './*/secrets/*' -o -path './*/access/*' -o -path './mail/config/*' -o -path './valkey/config/*' \) \
        -type f -print0 2> /dev/null
} | xargs -0 -r sha256sum | sed 's/^/file /'
exit 0
