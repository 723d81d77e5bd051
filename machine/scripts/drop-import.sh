#!/bin/sh
# drop-import ROOT SITE MYSQL: drops the database that an import filled and nobody has seen whole; nothing where there is none
[ -f "$1/.varvol/imports/$2.unproven" ] || exit 0
[ "$(docker inspect -f '{{.State.Running}}' "$3" 2> /dev/null)" = true ] || exit 0
docker exec -i "$3" mariadb -e "DROP DATABASE IF EXISTS \`$2\`"
