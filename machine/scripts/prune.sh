#!/bin/sh
# prune ROOT IMAGE...: removes Varvol's images but for those that are named. Containers, running or asleep, keep what they
# were made from: docker itself refuses to remove it. Of other stacks on the same machine, too, the current and previous
# images stay, and those that the agent and its jobs run in.
root=$1
shift

in_use() { docker ps -aq --no-trunc | xargs -r docker inspect -f '{{.Config.Image}}'; }

# Volume roots of all stacks on the machine, a line each.
roots() {
    printf '%s\n' "$root"
    docker ps -aq --filter label=varvol.role=gateway |
        xargs -r docker inspect -f '{{range .Mounts}}{{println .Source}}{{end}}' | sed -n 's|/gateway/conf$||p'
}

needed() {
    roots | while read -r one; do
        for role in "$one"/.varvol/generations/*; do
            [ ! -f "$role" ] || tac "$role" | awk '!seen[$0]++' | head -n 2
        done
        for images in certificates notify; do
            [ ! -f "$one/.varvol/$images/images" ] || cat "$one/.varvol/$images/images"
        done
        [ ! -f "$one/.varvol/backup/host" ] || cut -d ' ' -f 3 "$one/.varvol/backup/host"
    done
}

kept=$(
    printf '%s\n' "$@"
    in_use
    needed
)
docker images --format '{{.Repository}}:{{.Tag}} {{.Size}}' --filter 'reference=varvol/*' | while read -r image size; do
    printf '%s\n' "$kept" | grep -qxF -e "$image" && continue
    id=$(docker image inspect -f '{{.Id}}' "$image")
    docker rmi "$image" > /dev/null 2>&1 && echo "$image $size" && rm -f "$root/.varvol/proven/${id#sha256:}"
done
exit 0
