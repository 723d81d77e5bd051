#!/bin/sh
# prove LABEL NET PATIENCE SITE DOMAIN [WHAT PATH]...: asks for a site's pages and files through the gateway, one after the
# other. Prints what status-site.sh, whose text is in $site, prints of each page, with WHAT in place of the site's name; for
# a WHAT that begins with file: file WHAT CODE BYTES TYPE; and php TEXT for errors of PHP that its container wrote meanwhile.
: "${site:?}"
export label="$1" net="$2" patience="$3"
name=$4 domain=$5
shift 5
start=$(date +%s)
export latest=$((start + 20 * patience))
while [ $# -ge 2 ]; do
    case $1 in
        file*)
            told=$(docker exec "$net" curl -sk --noproxy '*' -m "$patience" -A 'Varvol status' -r 0-65535 -o /dev/null \
                -w '%{http_code}\t%{size_download}\t%{content_type}' \
                --resolve "$domain:8443:127.0.0.1" "https://$domain:8443$2" 2> /dev/null)
            printf 'file\t%s\t%s\n' "$1" "$told"
            ;;
        *) sh -c "$site" site "$1" "$domain" "$2" '' '' '' '' '' ;;
    esac
    shift 2
done
docker ps -q --filter "label=varvol.host=$label" --filter "label=varvol.owner=$name" --filter label=varvol.role=php |
    while read -r php; do
        docker logs --since "$start" "$php" 2>&1 | grep -aE 'PHP (Fatal|Parse) error' | tr '\t' ' ' | cut -c 1-500 | sort -u | head -n 5 | sed 's/^/php\t/'
    done
exit 0
