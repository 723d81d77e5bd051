#!/bin/sh
# packages IMAGE NAME=PACKAGE,...: looks only: what an installation on top of the image would bring, and what is newer
# than in that.
image=$1
shift
docker run --rm -i "$image" sh -s -- "$@" << 'END'
set -eu
# Backports are for lego alone: images/acme/Dockerfile.
sed -i '/^Suites: trixie trixie-updates$/s/$/ trixie-backports/' /etc/apt/sources.list.d/debian.sources
printf 'Package: lego\nPin: release n=trixie-backports\nPin-Priority: 990\n' > /etc/apt/preferences.d/backports
apt-get -qq update
apt-get -s -o Debug::NoLocking=1 dist-upgrade | sed -n 's/^Inst /upgrade /p'
for set; do
  name=${set%%=*} packages=$(printf %s "${set#*=}" | tr , ' ')
  for package in $packages; do
    echo "exact $name $package $(apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')"
  done
  if [ "$name" != wordpress ]; then
    apt-get -s --no-install-recommends install $packages | sed -n "s/^Inst /install $name /p"
  fi
done
END
