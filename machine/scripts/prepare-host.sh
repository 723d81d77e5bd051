#!/bin/sh
# prepare-host STEP...: does one step of host-init; standard input is the file that it is about. Each may be done again.
#   user NAME             a user of that name who logs in with the public key on standard input, and may use sudo and docker
#   firewall-try SECONDS  puts the table on standard input in force, and takes it away by itself after so long
#   firewall-keep         keeps what was tried, also when the machine starts
#   upgrades              security updates by themselves
#   clock                 starts what keeps the time
#   swap MIB              a file to swap to
#   journal               standard input is the journal's settings
set -eu
PATH=$PATH:/usr/sbin:/sbin
state=/etc/varvol

# put FILE: standard input is its content from here on, or the one of before
put() {
    mkdir -p "$(dirname "$1")"
    cat > "$1.new"
    chmod 0644 "$1.new"
    mv "$1.new" "$1"
}

user() {
    local home='' group=''
    id "$1" > /dev/null 2>&1 || useradd --create-home --shell /bin/sh "$1"
    for group in sudo docker; do ! getent group "$group" > /dev/null || usermod -aG "$group" "$1"; done
    home=$(getent passwd "$1" | cut -d: -f6)
    install -d -m 0700 -o "$1" -g "$1" "$home/.ssh"
    touch "$home/.ssh/authorized_keys"
    cat > "$home/.ssh/new"
    grep -qxFf "$home/.ssh/new" "$home/.ssh/authorized_keys" || cat "$home/.ssh/new" >> "$home/.ssh/authorized_keys"
    rm "$home/.ssh/new"
    chown "$1:$1" "$home/.ssh/authorized_keys"
    chmod 0600 "$home/.ssh/authorized_keys"
    printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$1" > /etc/sudoers.d/varvol.new
    chmod 0440 /etc/sudoers.d/varvol.new
    visudo -qcf /etc/sudoers.d/varvol.new
    mv /etc/sudoers.d/varvol.new /etc/sudoers.d/varvol
}

firewall_try() {
    put "$state/host.nft.tried"
    systemctl stop varvol-firewall-undo.timer 2> /dev/null || true
    systemd-run --quiet --collect --unit=varvol-firewall-undo --on-active="$1" "$(command -v nft)" delete table inet varvol_host
    nft -f "$state/host.nft.tried"
}

firewall_keep() {
    systemctl stop varvol-firewall-undo.timer
    nft list table inet varvol_host > /dev/null
    mv "$state/host.nft.tried" "$state/host.nft"
    put /etc/systemd/system/varvol-host-firewall.service << END
[Unit]
Description=What this host's own services may be asked
DefaultDependencies=no
Before=network-pre.target docker.service
Wants=network-pre.target
After=local-fs.target nftables.service
[Service]
Type=oneshot
ExecStart=$(command -v nft) -f $state/host.nft
[Install]
# Where nftables is started anew, it takes all tables away.
WantedBy=multi-user.target nftables.service
END
    systemctl daemon-reload
    systemctl enable --quiet varvol-host-firewall.service
}

upgrades() {
    printf 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n' |
        put /etc/apt/apt.conf.d/90varvol
    systemctl enable --quiet --now apt-daily.timer apt-daily-upgrade.timer 2> /dev/null || true
}

clock() { systemctl enable --quiet --now systemd-timesyncd.service; }

swap() {
    local file=/var/varvol.swap
    if [ ! -e "$file" ]; then
        # Not a file with holes: the kernel takes none of those.
        dd if=/dev/zero of="$file.new" bs=1M count="$1" 2> /dev/null
        chmod 0600 "$file.new"
        mkswap -q "$file.new"
        mv "$file.new" "$file"
    fi
    grep -q "^$file " /etc/fstab || printf '%s none swap sw 0 0\n' "$file" >> /etc/fstab
    swapon "$file"
}

journal() {
    put /etc/systemd/journald.conf.d/varvol.conf
    systemctl restart systemd-journald.service
}

step=$(printf %s "$1" | tr - _)
shift
"$step" "$@"
