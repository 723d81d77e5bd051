#!/bin/sh
# proven ROOT SITE...: these have been seen whole: no import of theirs may be begun anew
root=$1
shift
for site; do rm -f "$root/.varvol/imports/$site.unproven"; done
