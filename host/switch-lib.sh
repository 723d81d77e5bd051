# What restore switches, and how it comes back. Until the journal is gone, put_back undoes whatever was done, from
# any point at which a kill may have left it.

begin() {
    site=$1
    work=$state/restore/$site journal=$settings/switched/$site
    staging=varvol-staging-$site previous=varvol-previous-$site
}

admin() { docker exec -i "$mysql" mariadb -N -B "$@"; }
has_mysql() { [ "$(docker inspect -f '{{.State.Running}}' "$mysql" 2> /dev/null)" = true ]; }
folders() { for folder in site content repo; do [ ! -e "$work/new/$folder" ] || printf '%s\n' "$folder"; done; }
own_containers() { docker ps -aq --no-trunc --filter "label=varvol.host=varvol/$stack" --filter "label=varvol.owner=$site"; }
tables_of() { admin -e "SELECT table_name FROM information_schema.tables WHERE table_schema = '$1' AND table_type = 'BASE TABLE'" < /dev/null; }

# own SITE ROLE: the newest of the site's containers of a role
own() { docker ps -aq --no-trunc --filter "label=varvol.host=varvol/$stack" --filter "label=varvol.owner=$1" --filter "label=varvol.role=$2" | head -n 1; }

# Nothing is in it that is still needed once there is no journal.
drop_work() {
    if has_mysql; then admin -e "DROP DATABASE IF EXISTS \`$staging\`; DROP DATABASE IF EXISTS \`$previous\`" < /dev/null; fi
    rm -rf "$work"
}

# Files, a dump and the tables that it becomes are beside the live data for a while. Holes in files count here.
room() {
    bytes() { printf %s "$manifest" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
    files=$(bytes files) database=$(bytes database)
    needed=$(((${files:-0} + 2 * ${database:-0}) / 1048576))
    free=$(($(df -Pk "$state" | awk 'NR == 2 { print $4 }') / 1024))
    [ "$needed" -lt "$free" ] ||
        refuse "the snapshot needs $needed MiB beside the data that is there, and $free MiB are free in $root; make room"
}

stage_database() {
    [ "$(tail -n 1 "$work/database.sql")" = '-- varvol: complete' ] || refuse "the dump is cut off"
    has_mysql || refuse "$mysql does not run; run: npx varvol up"
    sed '1,/^-- varvol: definitions$/d' "$work/database.sql" > "$work/definitions.sql"
    admin -e "DROP DATABASE IF EXISTS \`$staging\`; CREATE DATABASE \`$staging\` CHARACTER SET utf8mb4" < /dev/null
    printf 'filling the staging database\n'
    message=$(sed '/^-- varvol: definitions$/q' "$work/database.sql" | admin "$staging" 2>&1) &&
        message=$(admin "$staging" < "$work/definitions.sql" 2>&1) ||
        refuse "the dump can't be read: $(printf %s "$message" | tail -n 2)"
    expected=$(grep -c '^CREATE TABLE ' "$work/database.sql") || true
    found=$(tables_of "$staging" | wc -l)
    [ "$expected" = "$found" ] || refuse "$found of $expected tables are in the staging database"
}

# table_prefix: what the names of WordPress's tables in the staging database begin with
table_prefix() {
    tables_of "$staging" | awk '
        { tables[$0] }
        END { for (one in tables) if (sub(/options$/, "", one) && (one "posts") in tables) print one }
    ' | sort | head -n 1
}

# refuse_newer PREFIX PHP: a WordPress brings an older one's database to its own version, and can do nothing with a newer
# one's. A dump without a WordPress in it has no version.
refuse_newer() {
    [ -n "$1" ] || return 0
    there=$(admin "$staging" -e "SELECT option_value FROM \`${1}options\` WHERE option_name = 'db_version'" < /dev/null)
    known=$(docker exec "$2" php -r 'include "/srv/wordpress/wp-includes/version.php"; echo $wp_db_version ?? "";' 2> /dev/null) || known=
    case $there$known in *[!0-9]*) return 0 ;; esac
    [ -z "$there" ] || [ -z "$known" ] || [ "$there" -le "$known" ] ||
        refuse "the snapshot is of a newer WordPress than the site has (its database is of version $there, and the site's goes up to $known); bring the site to that one first: npx varvol upgrade"
}

restore_databases() {
    [ "$(tail -n 1 "$work/database.sql")" = '-- varvol: complete' ] || refuse "the dump is cut off"
    has_mysql || refuse "$mysql does not run; run: npx varvol up"
    admin -e 'SHOW DATABASES' < /dev/null > "$work/present"
    awk '
        NR == FNR { present[$0] = 1; next }
        /^CREATE DATABASE / { split($0, quoted, "`"); left_alone = quoted[2] in present; if (!left_alone) print quoted[2] > "/dev/stderr" }
        !left_alone
    ' "$work/present" "$work/database.sql" > "$work/missing.sql" 2> "$work/missing"
    if [ ! -s "$work/missing" ]; then
        printf 'no databases are missing\n'
        return 0
    fi
    message=$(admin < "$work/missing.sql" 2>&1) || fail "restore: $site: the dump can't be read: $(printf %s "$message" | tail -n 2)"
    printf 'databases that are back: %s\n' "$(tr '\n' ' ' < "$work/missing")"
}

stop_site() {
    # php first: it drains what nginx has passed on.
    while read -r id; do docker stop "$id" > /dev/null; done < "$work/containers"
}

start_site() {
    while read -r id; do docker start "$id" > /dev/null || true; done < "$work/containers"
}

switch_files() {
    mkdir -p "$work/old"
    for folder in $(folders); do
        [ ! -e "$root/$site/$folder" ] || mv -T "$root/$site/$folder" "$work/old/$folder"
        mv -T "$work/new/$folder" "$root/$site/$folder"
    done
}

# move FROM TO: all tables in one statement; triggers would not go along
move() {
    admin -e "SELECT CONCAT('DROP TRIGGER \`', trigger_schema, '\`.\`', trigger_name, '\`;') FROM information_schema.triggers WHERE trigger_schema = '$1'" < /dev/null | admin
    admin -e "SET SESSION group_concat_max_len = 16777216; SELECT CONCAT('RENAME TABLE ', GROUP_CONCAT('\`$1\`.\`', table_name, '\` TO \`$2\`.\`', table_name, '\`' SEPARATOR ', ')) FROM information_schema.tables WHERE table_schema = '$1' AND table_type = 'BASE TABLE' HAVING COUNT(*) > 0" < /dev/null | admin
}

anew() { admin -e "DROP DATABASE IF EXISTS \`$1\`; CREATE DATABASE \`$1\` CHARACTER SET utf8mb4" < /dev/null; }

switch_database() {
    {
        docker exec "$mysql" mariadb-dump --skip-comments --no-data --no-create-info --triggers --routines --events "$site"
        views=$(admin -e "SELECT table_name FROM information_schema.views WHERE table_schema = '$site'" < /dev/null)
        [ -z "$views" ] || printf '%s\n' "$views" | tr '\n' '\0' | xargs -0 docker exec "$mysql" mariadb-dump --no-data --skip-triggers --skip-comments "$site"
    } > "$work/definitions.old"
    anew "$previous"
    touch "$work/away"
    move "$site" "$previous"
    touch "$work/gone"
    anew "$site"
    move "$staging" "$site"
    admin "$site" < "$work/definitions.sql"
}

# Each step may have been done already, and may be done again.
put_back() {
    [ -f "$work/containers" ] && stop_site || true
    for folder in site content repo; do
        [ -e "$work/old/$folder" ] || continue
        rm -rf "${root:?}/$site/$folder"
        mv -T "$work/old/$folder" "$root/$site/$folder"
    done
    if [ -f "$work/away" ]; then
        for second in $(seq 60); do has_mysql && admin -e 'SELECT 1' < /dev/null > /dev/null 2>&1 && break; sleep 1; done
        # Once all of the previous tables were away, what lies in the site's own database is the snapshot's.
        [ ! -f "$work/gone" ] || [ -f "$work/back" ] || anew "$site"
        touch "$work/back"
        move "$previous" "$site"
        admin -f "$site" < "$work/definitions.old" 2> /dev/null || true
    fi
    [ -f "$work/containers" ] && start_site || true
    rm -f "$journal"
    drop_work
}

# migrate_site DEADLINE, in seconds since 1970
migrate_site() {
    php=$(docker ps -q --filter "label=varvol.host=varvol/$stack" --filter "label=varvol.owner=$site" --filter label=varvol.role=php | head -n 1)
    [ -n "$php" ] || return 0
    until docker exec "$php" /usr/lib/varvol/healthy > "$work/healthy" 2>&1; do
        if [ "$(date +%s)" -ge "$1" ]; then
            migration=$(tail -n 1 "$work/healthy")
            return 1
        fi
        sleep 0.5
    done
    migration=$("$bin/migrate" "$php" "$mysql" "$site" 2>&1)
}

# live_answer: what visitors of the site get now
live_answer() { docker exec "$net" curl -sk -o /dev/null -m 20 -w '%{http_code}' --resolve "$domain:8443:127.0.0.1" "https://$domain:8443/" 2> /dev/null || true; }

# answers DEADLINE
answers() {
    while :; do
        answer=$(live_answer)
        case $answer in [234]??) return 0 ;; esac
        [ "$(date +%s)" -lt "$1" ] || return 1
        sleep 0.5
    done
}
