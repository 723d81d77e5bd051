#!/bin/sh
# status-site NAME DOMAIN PATH FURTHER FRESH DATABASE ROLE FILE, by status.sh: asks one site, past every cache. FRESH is 1
# where an address that was never asked is needed for that, DATABASE where the site has one; FURTHER is another page, FILE of
# the container ROLE tells more of the site; each may be empty. Prints one line at a time, short enough to arrive whole
# beside those of others: page NAME PATH CODE EXIT REDIRECT SEEN UNTIL ERROR FORM, further …, database NAME WORDS, ROLE NAME TEXT;
# sleep NAME WORDS, where php-fpm is there on demand. One that sleeps is not woken:
# nginx alone is asked, for what it always says is not there.
: "${net:?}" "${label:?}" "${patience:?}" "${latest:?}"
# The last line of a page that curl prints says how it went; what stands before is looked through as it comes.
# shellcheck disable=SC2016 # awk's own
look='function look(line) {
    if (line ~ /type=["\047]?password/) form = 1
    if (!seen && line ~ /<(script|img|svg|iframe|frame|video|canvas|object|embed)[ >\/]/) seen = 1
    if (error == "" && (match(line, /(Fatal error|Parse error|Warning|Notice|Deprecated)(<\/b>)?: .*in (<b>)?\/srv\/[^ <]*\.php/) || match(line, /thrown in (<b>)?\/srv\/[^ <]*/))) {
        error = substr(line, RSTART, 300)
        gsub(/<[^>]*>/, "", error)
        gsub(/\t/, " ", error)
    }
    if (!seen) {
        gsub(/<[^>]*>/, "", line)
        if (line ~ /[^ \t\r]/) seen = 1
    }
}
NR > 1 {
    if (last == "varvol-certificates") after = 1
    if (!after) look(last)
    if (after && until == "" && last ~ /^Expire date:/) until = substr(last, 13)
}
{ last = $0 }
END {
    if (last !~ /^varvol-answer\t/) last = "varvol-answer\t000\t7\t"
    sub(/^varvol-answer\t/, "", last)
    printf "%s\t%d\t%s\t%s\t%d", last, seen, until, error, form
}'
# The site's own user asks, and what comes is how many seconds WordPress's earliest event is overdue.
# shellcheck disable=SC2016 # PHP's own
query='mysqli_report(MYSQLI_REPORT_OFF);
$db = mysqli_init();
$db->options(MYSQLI_OPT_CONNECT_TIMEOUT, 8);
$db->options(MYSQLI_OPT_READ_TIMEOUT, 8);
$password = trim((string) @file_get_contents("/run/secrets/database"));
$there = @$db->real_connect(getenv("DB_HOST"), getenv("DB_USER"), $password, getenv("DB_NAME"));
if (!$there) exit("error " . $db->connect_error);
$prefix = trim((string) @file_get_contents("/tmp/table-prefix"));
$asked = $prefix === "" ? "SELECT 1" : "SELECT option_value FROM \x60{$prefix}options\x60 WHERE option_name = \x27cron\x27";
$found = $db->query($asked);
if (!$found) exit("error " . $db->error);
$events = $prefix === "" ? [] : @unserialize((string) ($found->fetch_row()[0] ?? ""), ["allowed_classes" => false]);
$times = array_filter(array_keys(is_array($events) ? $events : []), "is_int");
echo "ok ", $times ? max(0, time() - min($times)) : 0;'

name=$1 domain=$2 path=$3 further=$4 fresh=$5 database=$6 role=$7 file=$8
end=$(($(date +%s) + patience))
[ "$end" -lt "$latest" ] || end=$latest
running() {
    docker ps -q --filter "label=varvol.host=$label" --filter "label=varvol.owner=$name" --filter "label=varvol.role=$1" | head -n 1
}
# What images/on-demand/waker calls itself, where there is one
asleep() {
    pid=$(docker inspect -f '{{.State.Pid}}' "$(running php)" 2>/dev/null) || return 0
    tr '\0' '\n' < "/proc/$pid/cmdline" 2>/dev/null | sed -n '1s/^varvol-php: //p' | tr -cd '[:print:]\n' | cut -c 1-300
}
# An unknown cookie passes a cache of pages by, as does an address that was never asked before.
page() {
    left=$((end - $(date +%s)))
    if [ "$left" -lt 1 ]; then printf '000\t28\t\t0\t\t\t0'; return; fi
    timeout "$((left + 2))" docker exec "$net" curl -sk --noproxy '*' -m "$left" -A 'Varvol status' -b varvol_status=1 \
        -w '\nvarvol-certificates\n%{certs}\nvarvol-answer\t%{http_code}\t%{exitcode}\t%{redirect_url}' \
        --resolve "$domain:8443:127.0.0.1" "https://$domain:8443$1" 2>/dev/null | LC_ALL=C awk "$look"
}
# follow WHAT PATH: a page, or where it leads on the same domain
follow() {
    asked=$2 hops=0
    while :; do
        got=$(page "$asked")
        next=$(printf '%s' "$got" | cut -f 3)
        case $next in
            "https://$domain/"* | "http://$domain/"* | "https://$domain:"*/* | "http://$domain:"*/*) next=/${next#*://*/} ;;
            *) break ;;
        esac
        hops=$((hops + 1))
        if [ "$hops" -ge 4 ] || [ "$next" = "$asked" ]; then break; fi
        asked=$next
    done
    printf '%s\t%s\t%s\t%s\n' "$1" "$name" "$asked" "$got"
}
if [ "$database" = 1 ]; then
    php=$(running php)
    [ -z "$php" ] || (
        said=$(timeout "$patience" docker exec "$php" php -r "$query" 2>/dev/null | tr '\t\n' '  ' | cut -c 1-300)
        printf 'database\t%s\t%s\n' "$name" "${said:-error no answer}"
    ) &
fi
if [ -n "$role" ]; then
    told=$(running "$role")
    [ -z "$told" ] || printf '%s\t%s\t%s\n' "$role" "$name" "$(timeout 5 docker exec "$told" cat "$file" 2>/dev/null | tr -d '\n\t')"
fi
how=
if [ -z "$fresh" ]; then how=$(asleep); fi
if [ "$how" = asleep ]; then path=/.varvol-status further=; fi
[ -z "$fresh" ] || path="$path?varvol-status=$(date +%s%N)"
follow page "$path"
[ -z "$further" ] || follow further "$further"
# One that could not wake has been asked again.
if [ -n "$how" ] && [ "$how" != asleep ]; then how=$(asleep); fi
[ -z "$how" ] || printf 'sleep\t%s\t%s\n' "$name" "$how"
wait
