#!/bin/sh
# status LABEL NET ROOT PATIENCE MAIL [NAME DOMAIN PATH FURTHER FRESH DATABASE ROLE FILE]...: how a host is, in lines whose fields
# tabs divide: now SECONDS; docker REASON, where it gives no answer; disk WHAT MOUNT SIZE FREE FILES FREE-FILES; room
# SITE USED LIMIT CALM STATE WHY, of the agent's last look; off OWNER SECONDS, of what was stopped on purpose, and when; hook TIME TEXT, where nobody could be told of the last failure; watched JSON, of the status page; open TEXT, of what may be reached that should not; container
# OWNER ROLE NAME STATE EXIT OOM RESTARTS STARTED FINISHED HEALTH KILLED; check NAME EXIT TEXT; and what status-site.sh prints
# of each site, certificates.sh of all, and, after the word mail, mail.sh of the container MAIL, which may be empty. Their texts
# are in $site, $certificates and $mail.
: "${site:?}" "${certificates:?}" "${mail:?}"
label=$1 root=$3 server=$5
export net="$2" label patience="$4"
shift 5
export latest=$(($(date +%s) + 3 * patience))
disk() {
    room=$(df -Pk "$2" 2>/dev/null | awk 'NR == 2 { printf "%s\t%s\t%s", $6, $2, $4 }')
    files=$(df -Pi "$2" 2>/dev/null | awk 'NR == 2 { printf "%s\t%s", $2, $4 }')
    printf 'disk\t%s\t%s\t%s\n' "$1" "$room" "$files"
}
# How many processes of a container the kernel has killed for memory
killed() {
    [ -d "/proc/$1" ] || return 0
    set -- "$(sed -n 's/^0:://p' "/proc/$1/cgroup" 2>/dev/null)" "$(sed -n 's/^[0-9]*:memory://p' "/proc/$1/cgroup" 2>/dev/null)"
    sed -n 's/^oom_kill //p' "/sys/fs/cgroup$1/memory.events" "/sys/fs/cgroup/memory$2/memory.oom_control" 2>/dev/null | head -n 1
}
check() {
    said=$(timeout "$patience" docker exec "$1" /usr/lib/varvol/healthy 2>&1)
    printf 'check\t%s\t%s\t%s\n' "$1" "$?" "$(printf '%s' "$said" | tail -n 1 | tr '\t' ' ' | cut -c 1-300)"
}
labels='{{index .Config.Labels "varvol.owner"}} {{index .Config.Labels "varvol.role"}}'
facts='{{.Name}} {{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.RestartCount}} {{.State.StartedAt}}
{{.State.FinishedAt}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}} {{.State.Pid}}'
facts=$(printf %s "$facts" | tr '\n' ' ')
now=$(date +%s)
echo "now	$now"
disk volumes "$root"
for note in "$root"/.varvol/off/*; do
    [ ! -f "$note" ] || printf 'off\t%s\t%s\n' "${note##*/}" "$(head -n 1 "$note")"
done
sed 's/^/room\t/' "$root/.varvol/backup/room" 2>/dev/null
sed 's/^/hook\t/' "$root/.varvol/backup/hook-failed" 2>/dev/null
sed 's/^/watched\t/' "$root/gateway/conf/status/status.json" 2>/dev/null
[ ! -x "$root/.varvol/bin/firewall" ] || "$root/.varvol/bin/firewall" check 2>&1 | sed 's/^/open\t/'
if ids=$(timeout 20 docker ps -aq --no-trunc --filter "label=varvol.host=$label" 2>&1); then
    # shellcheck disable=SC2086 # ids, a word each
    [ -z "$ids" ] || docker inspect -f "$labels $facts" $ids 2>/dev/null | {
        while read -r owner role name state code oom restarts started finished health pid; do
            facts="$state $code $oom $restarts $started $finished $health $(killed "$pid")"
            printf 'container %s\n' "$owner $role ${name#/} $facts" | tr ' ' '\t'
            case $state:$role in running:gateway | running:mysql | running:agent | running:mail | running:valkey | running:git) check "${name#/}" & ;; esac
        done
        wait
    } &
    [ $# = 0 ] || printf '%s\0' "$@" | xargs -0 -n 8 -P 8 sh -c "$site" site
    docker=$(timeout 10 docker info -f '{{.DockerRootDir}}' 2>/dev/null)
    [ -z "$docker" ] || disk docker "$docker"
else
    printf 'docker\t%s\n' "$(printf '%s' "$ids" | tail -n 1)"
fi
sh -c "$certificates" certificates "$root"
[ -z "$server" ] || sh -c "$mail" mail "$server" | sed 's/^/mail\t/'
wait
exit 0
