#!/bin/sh
# status GATEWAY-NET LABEL [SITE DOMAIN PATH ROLE FILE]...: how the sites of a host answer, and what the container of a
# role has in a file, where there is such a role.
net=$1 label=$2
shift 2
docker ps -a --filter "label=varvol.host=$label" \
    --format 'container {{.Label "varvol.owner"}} {{.Label "varvol.role"}} {{.Names}} {{.State}}'
while [ $# -gt 0 ]; do
    site=$1 domain=$2 path=$3 role=$4 file=$5
    shift 5
    code=$(docker exec "$net" curl -sk -o /dev/null -m 20 -w '%{http_code}' \
        --resolve "$domain:8443:127.0.0.1" "https://$domain:8443$path" 2> /dev/null)
    echo "http $site $code"
    [ -n "$role" ] || continue
    told=$(docker ps -q --filter "label=varvol.host=$label" --filter "label=varvol.owner=$site" \
        --filter "label=varvol.role=$role" | head -n 1)
    [ -z "$told" ] || echo "$role $site $(docker exec "$told" cat "$file" 2> /dev/null | tr -d '\n')"
done
exit 0
