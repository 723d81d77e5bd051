#!/bin/sh
# mail-test PHP MAIL ADDRESS ID: sends a mail from a site's container by its own way, and prints what becomes of it within a
# minute: sent, waits or failed, a tab and what was said; refused, where the host's own server doesn't take it.
php=$1 mail=$2 address=$3 id=$4
since=$(date +%s)
said=$(printf 'To: %s\nSubject: A test of the mail of this host\nMessage-ID: <%s>\n\nIt has arrived.\n' "$address" "$id" |
    docker exec -i "$php" /usr/lib/varvol/sendmail -t 2>&1) || {
    printf 'refused\t%s\n' "$(printf '%s' "$said" | tail -n 1)"
    exit 0
}
last='waits	it was handed in, and not tried yet'
for _ in $(seq 60); do
    log=$(docker logs --since "$since" "$mail" 2>&1)
    key=$(printf '%s\n' "$log" | sed -n "s/.*: \\([A-Za-z0-9]*\\): message-id=<$id>.*/\\1/p" | head -n 1)
    line=$(printf '%s\n' "$log" | grep -F "$key: to=<" | tail -n 1)
    text=$(printf '%s' "$line" | sed 's/^.* status=[a-z]* //' | tr '\t' ' ')
    case ${key:+$line} in
        *status=sent*) last="sent	$text" && break ;;
        *status=bounced*) last="failed	$text" && break ;;
        *status=deferred*) last="waits	$text" && break ;;
    esac
    sleep 1
done
printf '%s\n' "$last"
