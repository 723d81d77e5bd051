#!/bin/sh
# look ROOT GATEWAY LABEL BASE-IMAGE FOLDERS PORT...: what a look at the host finds; it changes nothing. FOLDERS are
# names, with spaces between, of a site's folders of which one with something in it tells that the site is filled.
root=$1 gateway=$2 label=$3 base=$4 folders=$5
shift 5

free() { df -Pm "$1" 2> /dev/null | awk 'NR == 2 { print $4 }'; }

# Who listens on a port; nothing where nobody does.
listener() {
    local line name
    line=$(ss -H -ltnp "sport = :$1" 2> /dev/null | head -n 1)
    [ -n "$line" ] || return 0
    if [ "$own" = true ] && docker port "$gateway" 2> /dev/null | grep -q ":$1\$"; then
        echo "listener $1 docker"
        return 0
    fi
    name=$(printf %s "$line" | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (pid \2)/p')
    case $name in
        *"(pid $ipv6)")
            echo "listener $1 docker"
            return 0
            ;;
        docker-proxy*)
            name="the container $(docker ps --filter "publish=$1" --format '{{.Names}}' | head -n 1)"
            ;;
    esac
    echo "listener $1 ${name:-another process}"
}

if version=$(timeout 20 docker version --format '{{.Server.Version}}' 2>&1); then
    echo "docker $version"
    echo "free-docker $(free "$(docker info --format '{{.DockerRootDir}}')")"
    # What host/firewall needs.
    PATH=$PATH:/usr/sbin:/sbin
    command -v iptables-restore > /dev/null || echo "unfiltered it has no iptables: apt-get install iptables"
    [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] || modprobe -n -q br_netfilter 2> /dev/null ||
        echo "unfiltered its kernel has no br_netfilter, which lets it filter between containers: take another kernel"
else
    echo "docker-problem $(printf %s "$version" | tail -n 1)"
fi
docker image inspect "$base" > /dev/null 2>&1 && echo base-image
docker ps -a --filter "label=varvol.host=$label" \
    --format 'container {{.Label "varvol.owner"}}/{{.Label "varvol.role"}} {{.State}}' 2> /dev/null
for puller in $(docker ps -aq --filter "label=varvol.host=$label" --filter label=varvol.role=git 2> /dev/null); do
    docker inspect -f '{{$owner := index .Config.Labels "varvol.owner"}}{{range .Config.Env}}{{$owner}} {{println .}}{{end}}' \
        "$puller" | sed -n 's/^\([^ ]*\) GIT_SOURCE=/pulls \1 /p'
done
parent=$root
while [ ! -d "$parent" ]; do parent=$(dirname "$parent"); done
echo "free-volumes $(free "$parent")"
own=$(docker inspect -f '{{.State.Running}}' "$gateway" 2> /dev/null || true)
# Holds ports of the host's own network.
ipv6=$(docker ps -q --filter "label=varvol.host=$label" --filter label=varvol.role=ipv6 2> /dev/null)
[ -z "$ipv6" ] || ipv6=$(docker inspect -f '{{.State.Pid}}' "$ipv6")
for port; do listener "$port"; done
for folder in "$root"/*; do
    [ -d "$folder" ] || continue
    name=${folder##*/}
    echo "volume $name"
    for inner in $folders; do
        [ -d "$folder/$inner" ] && [ -n "$(ls -A "$folder/$inner")" ] && echo "filled $name"
    done
    sed -n 's/^  "servedSource": "\(.*\)",$/'"serves $name"' \1/p' "$folder/site/status.json" 2> /dev/null
done
old=$(docker ps -aq --filter "label=varvol.host=$label" --filter label=varvol.role=gateway 2> /dev/null | head -n 1)
[ -z "$old" ] ||
    old=$(docker inspect -f '{{range .Mounts}}{{println .Source}}{{end}}' "$old" | sed -n 's|/gateway/conf$||p')
[ -z "$old" ] || [ "$old" = "$root" ] || [ ! -d "$old/gateway" ] || echo "root-so-far $old"
data=$root/mysql/data/data
# As the server names a database's folder.
for folder in "$data"/*/; do [ -d "$folder" ] && basename "$folder"; done 2> /dev/null | sed 's/@002d/-/g; s/^/database /'
echo "mariadb $(cat "$data/mariadb_upgrade_info" "$data/mysql_upgrade_info" 2> /dev/null | head -n 1)"
newest=$(find "$root/mysql/dumps" -maxdepth 1 -type f -size +1k -printf '%Ts\n' 2> /dev/null | sort -n | tail -n 1)
[ -z "$newest" ] || echo "dump $((($(date +%s) - newest) / 3600))"
find "$root/.varvol/imports" -name '*.unproven' -mmin -1440 2> /dev/null | sed 's|.*/\(.*\)\.unproven$|unproven \1|'
for note in "$root"/.varvol/renamed/*; do
    [ -f "$note" ] && echo "renamed ${note##*/} $(cat "$note")"
done
for note in "$root"/.varvol/renaming/*/formerly; do
    note=${note%/formerly}
    [ -f "$note/formerly" ] && echo "renaming ${note##*/}"
done
for note in "$root"/.varvol/off/*; do
    [ -f "$note" ] && echo "off ${note##*/}"
done
sed 's/^\([^ ]*\) .*/routed \1/' "$root/gateway/conf/current/manifest" 2> /dev/null
exit 0
