#!/bin/sh
# top LABEL: what each of a host's containers takes now, in lines whose fields tabs divide: container ID OWNER ROLE LIMIT
# WORKERS, in bytes and php-fpm's most; stats ID CPU MEMORY PROCESSES, as docker says it; php ID JSON, what php-fpm says of
# itself, or nothing where it gives no answer in two seconds
label=$1
ids=$(docker ps -q --no-trunc --filter "label=varvol.host=$label")
[ -n "$ids" ] || exit 0
facts='{{.Id}} {{index .Config.Labels "varvol.owner"}} {{index .Config.Labels "varvol.role"}} {{.HostConfig.Memory}}'
# shellcheck disable=SC2086 # ids, a word each
docker inspect -f "$facts {{range .Config.Env}}{{println .}}{{end}}" $ids | awk '
    length($1) == 64 && NF >= 4 { if (line) print line "\t" workers; line = "container\t" $1 "\t" $2 "\t" $3 "\t" $4; workers = "" ; sub(/^[^ ]* [^ ]* [^ ]* [^ ]* ?/, "") }
    /^PHP_WORKERS=/ { workers = substr($0, 13) }
    END { if (line) print line "\t" workers }'
for id in $(docker ps -q --no-trunc --filter "label=varvol.host=$label" --filter label=varvol.role=php); do
    # One that sleeps is not woken.
    pid=$(docker inspect -f '{{.State.Pid}}' "$id" 2> /dev/null)
    case $(tr '\0' '\n' < "/proc/$pid/cmdline" 2> /dev/null) in "varvol-php: awake"*) ;; "varvol-php: "*) continue ;; esac
    {
        # shellcheck disable=SC2016 # the container's own
        said=$(docker exec "$id" sh -c 'socket=/run/php/php-${HOSTNAME:-$(hostname)}.sock
            env -i PATH="$PATH" REQUEST_METHOD=GET REQUEST_URI=/status SCRIPT_NAME=/status SCRIPT_FILENAME=/status \
                QUERY_STRING=json SERVER_PROTOCOL=HTTP/1.1 timeout 2 cgi-fcgi -bind -connect "$socket"' 2> /dev/null |
            sed -n 's/\r$//; /^{/p')
        printf 'php\t%s\t%s\n' "$id" "$said"
    } &
done
# shellcheck disable=SC2086
docker stats --no-stream --no-trunc --format '{{.ID}}	{{.CPUPerc}}	{{.MemUsage}}	{{.PIDs}}' $ids 2> /dev/null | sed 's/^/stats	/'
wait
