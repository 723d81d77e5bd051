#!/bin/sh
# try-repository IMAGE ACCESS ORIGIN NAME=VALUE...: asks for a repository as a puller of that image with that environment
# would, and prints what images/git/try does. ACCESS is the folder that the site's key may be in, ORIGIN the repository
# where it is a path. Standard input has further secrets, a line NAME BASE64 each.
image=$1 access=$2 origin=$3
shift 3
for variable; do
    shift
    set -- "$@" -e "$variable"
done
[ -z "$origin" ] || set -- "$@" --mount "type=bind,source=$origin,target=/srv/origin,readonly"
{
    cat
    [ ! -s "$access/ssh" ] || printf 'ssh %s\n' "$(base64 -w 0 "$access/ssh")"
} | docker run --rm -i --log-driver none --network bridge --read-only --user 33:33 --cap-drop ALL \
    --security-opt no-new-privileges --memory 256m --pids-limit 64 --tmpfs /tmp:rw,nosuid,nodev,noexec,mode=1777,size=16m \
    --tmpfs /run/secrets:rw,nosuid,nodev,noexec,mode=0700,uid=33,gid=33,size=1m "$@" \
    --entrypoint /usr/lib/varvol/try "$image"
