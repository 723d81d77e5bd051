#!/bin/sh
# start-docker LOG: starts docker's daemon where there is no systemd that would
if [ -z "$(ls -A /sys/fs/cgroup 2> /dev/null)" ] && command -v cgroupfs-mount > /dev/null; then cgroupfs-mount; fi
setsid dockerd >> "$1" 2>&1 < /dev/null &
