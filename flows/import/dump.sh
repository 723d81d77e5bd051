#!/bin/sh
# dump.sh: what a dump's text, which is standard input, says of the WordPresses in it: `table NAME`, and `option TABLE NAME VALUE`.
set -eu
export LC_ALL=C
{ grep -aoE "^[[:space:]]*(CREATE|INSERT|REPLACE)[A-Za-z ]{1,40}(\`[^\`]+\`\.)?\`[^\`]+\`|'(siteurl|db_version|upload_path)',[[:space:]]*'[^']*'" || true; } |
    awk '
        /^[ \t]*(CREATE|INSERT|REPLACE)/ {
            parts = split($0, part, "`")
            table = part[parts - 1]
            if (/^[ \t]*CREATE/) print "table " table
            next
        }
        table ~ /options$/ { split($0, part, "\047"); print "option " table " " part[2] " " part[4] }
    '
