#!/bin/sh
# repair stray|added|network SUBJECT ...: removes strange containers, added files, and networks that have only the name
# of one of the stack's.
while [ $# -gt 0 ]; do
    what=$1 subject=$2
    shift 2
    case $what in
        stray)
            docker stop -t 10 "$subject" > /dev/null
            docker rm -f "$subject" > /dev/null
            ;;
        added) rm -f -- "$subject" ;;
        network)
            for member in $(docker network inspect -f '{{range .Containers}}{{.Name}} {{end}}' "$subject"); do
                docker network disconnect -f "$subject" "$member"
            done
            docker network rm "$subject" > /dev/null
            ;;
    esac
done
