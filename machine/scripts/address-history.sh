#!/bin/sh
# address-history ROOT SITE...: "image SITE SECONDS", when one of a site's images last changed; "address SITE SECONDS IMAGE
# DOMAIN...", a line for each change of its first domain or image, the newest last
root=$1
shift
for site; do
    for file in "$root/.varvol/generations/$site"-php "$root/.varvol/generations/$site"-web; do
        [ ! -f "$file" ] || stat -c "image $site %Y" "$file"
    done
    [ ! -f "$root/.varvol/addresses/$site" ] || sed "s|^|address $site |" "$root/.varvol/addresses/$site"
done
