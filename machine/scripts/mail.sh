#!/bin/sh
# mail CONTAINER: how the host's mail is, in lines whose fields tabs divide: queue COUNT OLDEST REASON, the moment in seconds and
# why the oldest waits; failed SECONDS TEXT, the last mail of a day that will not be delivered. Nothing where it does not run.
name=$1
waiting=$(timeout 14 docker exec "$name" /usr/lib/varvol/queue 2> /dev/null) || exit 0
printf '%s' "$waiting" | awk '
    /"arrival_time"/ {
        count++
        match($0, /"arrival_time": *[0-9]+/)
        at = substr($0, RSTART, RLENGTH)
        sub(/.* /, "", at)
        if (oldest == "" || at < oldest) {
            oldest = at
            why = ""
            if (match($0, /"delay_reason": *"([^"\\]|\\.)*"/)) why = substr($0, RSTART + 17, RLENGTH - 18)
        }
    }
    END { printf "queue\t%d\t%s\t%s\n", count, oldest, substr(why, 1, 300) }'
timeout 14 docker logs --timestamps --since 24h "$name" 2>&1 | grep -E 'status=(bounced|expired) ' | tail -n 1 |
    sed -n 's/^\([^ ]*\) .* to=<\([^>]*\)>.*status=[a-z]* \(.*\)$/\1 \2: \3/p' | {
    read -r moment text || exit 0
    printf 'failed\t%s\t%s\n' "$(date -d "$moment" +%s)" "$(printf '%s' "$text" | tr '\t' ' ' | cut -c 1-300)"
}
exit 0
