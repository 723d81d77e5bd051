#!/bin/sh
# host-facts USER KEY: what a machine has of what host-init gives it, as NAME<tab>VALUE lines; USER and the public KEY are the
# control node's. Changes nothing.
PATH=$PATH:/usr/sbin:/sbin
user=$1 key=$2
state=/etc/varvol

fact() { printf '%s\t%s\n' "$1" "$2"; }
has() { command -v "$1" > /dev/null; }
release() { sed -n "s/^$1=//p" /etc/os-release | tr -d '"'; }
# on UNIT...: the first of them that starts with the machine
on() {
    local one=''
    for one; do systemctl -q is-enabled "$one" 2> /dev/null && echo "$one" && return; done
}

fact system "$(release ID) $(release VERSION_ID)"
fact systemd "$([ ! -e /run/systemd/system ] || echo yes)"
fact sudo "$(has sudo && echo yes)"
fact member "$(id -nG "$user" 2> /dev/null)"
fact key "$(grep -cF "$key" "$(getent passwd "$user" | cut -d: -f6)/.ssh/authorized_keys" 2> /dev/null)"
fact root "$(has sudo && su -s /bin/sh "$user" -c 'sudo -n true' > /dev/null 2>&1 && echo yes)"
fact docker "$(docker version --format '{{.Server.Version}}' 2> /dev/null)"
fact nft "$(has nft && echo yes)"
fact firewall "$(sha256sum < "$state/host.nft" 2> /dev/null | cut -d' ' -f1)"
fact inForce "$(has nft && nft list table inet varvol_host > /dev/null 2>&1 && echo yes)"
fact atStart "$(on varvol-host-firewall.service)"
fact upgrades "$(apt-config dump 2> /dev/null | sed -n 's/^APT::Periodic::Unattended-Upgrade "\(.*\)";/\1/p')"
fact upgradesInstalled "$(has unattended-upgrade && echo yes)"
fact clock "$(on chrony.service systemd-timesyncd.service ntpsec.service ntp.service openntpd.service)"
fact time "$(date +%s)"
fact memory "$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)"
fact swap "$(sed -n 's/^SwapTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)"
fact journal "$(cat /etc/systemd/journald.conf /etc/systemd/journald.conf.d/*.conf 2> /dev/null | sed -n 's/^SystemMaxUse=//p' | tail -1)"
fact free "$(df -Pk /var | awk 'NR == 2 { print $4 }')"
fact restart "$([ ! -e /run/reboot-required ] || echo yes)"
fact ports "$({ has sshd && sshd -T 2> /dev/null | sed -n 's/^port //p'; echo "${SSH_CONNECTION:-}" | cut -d' ' -f4; } | sort -un | tr '\n' ' ')"
