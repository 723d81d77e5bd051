#!/bin/bash
# archive-size FILE: how many bytes what a tar archive holds has; fails where that can't be read to its end
set -o pipefail
tar -tvf "$1" | awk '{ sum += $3 } END { printf "%.0f", sum }'
