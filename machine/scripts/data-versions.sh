#!/bin/sh
# data-versions IMAGE KIND MYSQL LABEL ROOT OWNER: which version an earlier image knows, and which the data is of now
image=$1 kind=$2 mysql=$3 label=$4 root=$5 owner=$6
docker image inspect "$image" > /dev/null 2>&1 || {
    echo gone
    exit 0
}
case $kind in
    mariadb)
        echo "old $(docker run --rm --entrypoint mariadbd "$image" --version | sed 's/.*Ver \([0-9]*\.[0-9]*\).*/\1/')"
        echo "now $(docker exec "$mysql" mariadb -N -B -e 'SELECT VERSION()' | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')"
        ;;
    wordpress-php)
        container=$(docker ps -q --filter "label=varvol.host=$label" --filter "label=varvol.owner=$owner" \
            --filter label=varvol.role=php)
        # shellcheck disable=SC2016 # php's variable
        read_version='require "/srv/wordpress/wp-includes/version.php"; echo $wp_db_version;'
        echo "old $(docker run --rm --entrypoint php "$image" -r "$read_version")"
        echo "now $(docker exec "$container" /usr/lib/varvol/migrate version)"
        # shellcheck disable=SC2012 # migrate names them
        echo "dump $(ls -t "$root/$owner/dumps" 2> /dev/null | head -n 1)"
        ;;
esac
