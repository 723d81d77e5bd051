#!/bin/sh
# Runs on the machine that a site is taken from, by `sh -s`: look|files|database FOLDER. It only reads. The database's
# password goes from wp-config.php to the client's standard input, and is in no argument and no file.
set -eu
export LC_ALL=C
verb=$1 root=$2

fail() {
    printf '%s\n' "$*" >&2
    exit 3
}

[ -d "$root" ] || fail "there is no folder $root"
{ [ -r "$root" ] && [ -x "$root" ]; } || fail "the folder $root can't be read by $(id -un)"
config=
for file in "$root/wp-config.php" "$(dirname "$root")/wp-config.php"; do
    [ -n "$config" ] || [ ! -f "$file" ] || config=$file
done
[ -d "$root/wp-content" ] || config=

look() {
    [ -n "$config" ] && echo 'kind wordpress' || echo 'kind static'
    [ -n "$config" ] || [ ! -d "$root/wp-content" ] || echo unconfigured
    [ -z "$config" ] || ! grep -Eiq "^[[:space:]]*define[[:space:]]*\([[:space:]]*['\"]MULTISITE['\"][[:space:]]*,[[:space:]]*true" "$config" || echo network
    addresses
    printf 'size %s\n' "$(du -sk "$root/" 2> /dev/null | cut -f 1)"
}

# The addresses that wp-config.php gives the site, whatever its database says.
addresses() {
    [ -n "$config" ] && [ -r "$config" ] || return 0
    for name in WP_HOME WP_SITEURL; do
        found=$(value "$name")
        [ -z "$found" ] || printf 'defined %s %s\n' "$name" "$found"
    done
}

# The links in a WordPress's root and wp-content that lead to a folder beside the one that was named, a line each: what
# several releases share. In a home folder everything lies beside everything.
beside() {
    base=$(cd "$(dirname "$root")" && pwd -P)
    # Releases share what lies beside all of them.
    case $base in */releases) base=${base%/releases} ;; esac
    case $base in / | "$(cd ~ && pwd -P)") return 0 ;; esac
    whole=$(cd "$root" && pwd -P)
    for link in "$root"/* "$root"/wp-content/* "$root"/wp-content/plugins/* "$root"/wp-content/themes/* \
        "$root"/wp-content/mu-plugins/*; do
        { [ -h "$link" ] && [ -d "$link" ]; } || continue
        target=$(cd "$link" && pwd -P) || continue
        case $target in
            "$whole" | "$whole"/* | "$base"/.* | "$base"/*/.*) ;;
            "$base"/*) printf '%s\n' "${link#"$root"/}" ;;
        esac
    done
}

# What changes while it is read is no error of GNU tar's, which ends with 1 then. Core is the new host's own.
files() {
    set --
    if [ -n "$config" ]; then
        linked=$(beside)
        IFS='
'
        set -f
        for link in $linked; do set -- "$@" "--exclude=./$link" "--exclude=${link%%/*}/./${link#*/}"; done
        set -- "$@" --exclude=./wp-admin --exclude=./wp-includes --exclude=./wp-config.php -cf - .
        for link in $linked; do set -- "$@" "$link/."; done
    else
        set -- -cf - .
    fi
    if tar --version 2> /dev/null | grep -q GNU; then
        tar -C "$root" "$@" || [ $? = 1 ]
    else
        tar -C "$root" "$@"
    fi
}

# plain NAME QUOTE: what stands between such quotes in its define()
plain() {
    sed -n "s/^[[:space:]]*define[[:space:]]*([[:space:]]*['\"]$1['\"][[:space:]]*,[[:space:]]*$2\(.*\)$2[[:space:]]*)[[:space:]]*;.*/\1/p" "$config" | head -n 1
}

# value NAME: what wp-config.php defines it as, where that is a plain string
value() {
    single=$(plain "$1" "'" | sed "s/\\\\\([\\\\']\)/\1/g")
    if [ -n "$single" ]; then
        printf '%s\n' "$single"
    else
        plain "$1" '"' | sed 's/\\\([\\"$]\)/\1/g'
    fi
}

first_of() {
    for found; do
        if command -v "$found" > /dev/null 2>&1; then
            printf '%s\n' "$found"
            return 0
        fi
    done
    fail "neither $1 nor $2 is there"
}

# In an option file's quotes a backslash or a quote has one before it.
quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

options() {
    printf '[client]\nuser="%s"\npassword="%s"\ndefault-character-set=utf8mb4\n' "$(quoted "$user")" "$(quoted "$password")"
    case $host in
        *:/*) printf 'socket=%s\n' "${host#*:}" ;;
        *:*) printf 'host=%s\nport=%s\n' "${host%:*}" "${host##*:}" ;;
        *) printf 'host=%s\n' "${host:-localhost}" ;;
    esac
}

# from_hex HEX: a name; the server lets none end with a line's end or a space
from_hex() {
    printf '%b' "$(printf %s "$1" | sed 's/../& /g' | awk '{ for (i = 1; i <= NF; i++) { n = 16 * (index("0123456789ABCDEF", substr($i, 1, 1)) - 1) + index("0123456789ABCDEF", substr($i, 2, 1)) - 1; printf "\\0%03o", n } }')"
}

# has WORD WORD...: whether the first is among the others
has() {
    wanted=$1
    shift
    for one; do
        [ "$one" != "$wanted" ] || return 0
    done
    return 1
}

# Of a database that others use too, the tables with the site's own prefix. The site names its database, in wp-config.php, and
# its tables: each is one word, and no option.
database() {
    [ -n "$config" ] || fail "there is no wp-config.php"
    [ -r "$config" ] || fail "$config can't be read by $(id -un)"
    name=$(value DB_NAME) user=$(value DB_USER) password=$(value DB_PASSWORD) host=$(value DB_HOST)
    { [ -n "$name" ] && [ -n "$user" ]; } || fail "$config does not give DB_NAME and DB_USER as plain strings; dump the database by hand, and say --database"
    prefix=$(sed -n "s/^[[:space:]]*\$table_prefix[[:space:]]*=[[:space:]]*['\"]\([A-Za-z0-9_]*\)['\"].*/\1/p" "$config" | head -n 1)
    dump=$(first_of mariadb-dump mysqldump)
    client=$(first_of mariadb mysql)
    like=$(printf %s "$prefix" | sed 's/_/\\_/g')
    tables=$(options | "$client" --defaults-extra-file=/dev/stdin -N -B -e "SELECT HEX(table_name) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE '$like%'" -- "$name") || fail "the database $name can't be read"
    set --
    for table in $tables; do set -- "$@" "$(from_hex "$table")"; done
    has "${prefix}options" "$@" || fail "the database $name has no table ${prefix}options"
    options | "$dump" --defaults-extra-file=/dev/stdin --single-transaction --quick --hex-blob --no-tablespaces -- "$name" "$@"
}

"$verb"
