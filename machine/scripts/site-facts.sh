#!/bin/sh
# site-facts LABEL SITE FOLDER: what a WordPress says of itself, as a line of JSON, and then `plugin NAME` and `theme NAME`
# for each that lies in its content, which is FOLDER, and `aside FILE` for what was set aside there
php=$(docker ps -q --filter "label=varvol.host=$1" --filter "label=varvol.owner=$2" --filter "label=varvol.role=php" | head -n 1)
[ -n "$php" ] || exit 0
timeout 120 docker exec "$php" php /usr/lib/varvol/init/facts.php 2> /dev/null
for what in plugin theme; do
    for entry in "$3/${what}s"/*; do
        [ -e "$entry" ] && printf '%s %s\n' "$what" "${entry##*/}"
    done
done
cd "$3" 2> /dev/null && for file in *.set-aside mu-plugins/*.set-aside; do
    [ -f "$file" ] && printf 'aside %s\n' "$file"
done
exit 0
