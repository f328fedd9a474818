#!/usr/bin/env bash
# A run on one machine that is killed at random times and run again until it has been killed N times: the bytes are those of a run
# that nobody disturbed.
#
#   checks/kills_local.sh PROGRAM FOLDER [N [ROOT...]]      FOLDER: from make_tracks.py; ROOT: further folders of its manifest
set -euo pipefail
program=$1 folder=$(realpath "$2") kills=${3:-20}
shift $(($# < 3 ? $# : 3))
job=(extract --local 2 --manifest "$folder/tracks.csv" --shard-mb "${SHARD_MB:-5}" --root "$folder")
for root in "$@"; do job+=(--root "$(realpath "$root")"); done

rm -rf "$folder"/{whole,killed}
"$program" "${job[@]}" --out "$folder/whole" >/dev/null
RANDOM=1 done=0 finished=0
while [ "$done" -lt "$kills" ]; do
    "$program" "${job[@]}" --out "$folder/killed" >/dev/null 2>&1 & pid=$!
    sleep "$((RANDOM % 4)).$((RANDOM % 10))"
    if kill -9 "$pid" 2>/dev/null; then done=$((done + 1)); fi
    if wait "$pid" 2>/dev/null; then
        diff -r "$folder/whole" "$folder/killed"
        finished=$((finished + 1))
        rm -rf "$folder/killed"
    fi
done
"$program" "${job[@]}" --out "$folder/killed" >/dev/null
diff -r "$folder/whole" "$folder/killed"
echo "$done kills, $finished runs that came to their end before: the bytes are the same"
