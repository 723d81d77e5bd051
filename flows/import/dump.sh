#!/bin/sh
# dump.sh: what a dump's text, which is standard input, says of the WordPresses in it: `table NAME`, and `option TABLE NAME VALUE`.
set -eu
export LC_ALL=C
name="(\`[^\`]+\`|\"[^\"]+\"|[A-Za-z0-9_\$]+)"
{ grep -aoE "^[[:space:]]*[CIRcir][A-Za-z]+( +[A-Za-z]+)* +($name *\. *)?$name|'(siteurl|db_version|upload_path)',[[:space:]]*'[^']*'" || true; } |
    awk '
        /^[ \t]*[A-Za-z]/ {
            if (toupper($0) !~ /^[ \t]*(CREATE +(TEMPORARY +)?TABLE|INSERT|REPLACE) /) next
            table = $0
            if (/[`"]$/) sub(/[`"]$/, "", table)
            sub(/.*[` ."]/, "", table)
            if (/^[ \t]*[Cc]/) print "table " table
            next
        }
        table ~ /options$/ { split($0, part, "\047"); print "option " table " " part[2] " " part[4] }
    '
