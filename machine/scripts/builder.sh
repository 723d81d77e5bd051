#!/bin/sh
# builder: the first process of a container of the user's own image. Waits in /srv/build until the site's puller asks for a
# build, runs BUILD_COMMAND in the source's BUILD_FOLDER for BUILD_SECONDS at most, and says how that ended. Whatever it
# started ends with it.
# Below, all that it can reach is ended.
[ $$ = 1 ] || exit 1
umask 022
cd /srv/build || exit 1
export HOME=/srv/build/home
mkdir -p home
trap 'exit 0' TERM INT
while :; do
    if [ -e asked ]; then
        id=$(cat asked)
        rm -f asked answer
        (cd "source/${BUILD_FOLDER:-}" && exec sh -c "${BUILD_COMMAND:?}") >log 2>&1 </dev/null &
        work=$!
        left=${BUILD_SECONDS:?}
        while kill -0 "$work" 2>/dev/null && [ "$left" -gt 0 ]; do
            sleep 1
            left=$((left - 1))
        done
        if kill -0 "$work" 2>/dev/null; then
            code=over
        else
            wait "$work"
            code=$?
        fi
        # All but this shell
        kill -9 -1 2>/dev/null
        wait
        printf '%s %s\n' "$id" "$code" >answer.new && mv answer.new answer
    fi
    sleep 1 &
    wait $!
done
