#!/usr/bin/env bash
# Many tracks on a scheduler and two executors of one core each: the bytes of one machine, with one executor, with two, and
# while each process is killed once. Prints times.
#
#   checks/ten_thousand.sh PROGRAM FOLDER [ROOT...]        FOLDER: from make_tracks.py; ROOT: further folders of its manifest
set -euo pipefail
program=$1 folder=$(realpath "$2")
shift 2
roots=(--root "$folder")
for root in "$@"; do roots+=(--root "$(realpath "$root")"); done
address=127.0.0.1:50950
job=(extract --manifest "$folder/tracks.csv" --shard-mb "${SHARD_MB:-10}" "${roots[@]}")
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null || true' EXIT

# Starts a process of the cluster and leaves its number in `started`.
begin() { "$program" "$@" >/dev/null 2>>"$folder/log" & started=$!; pids+=("$started"); }
scheduler() { begin scheduler --bind "$address" --executor-timeout 5 --grace 15; scheduler=$started; }
executor() { begin executor --scheduler "$address" --cores 1 --heartbeat 1 --bind 127.0.0.1 "${roots[@]}"; }
timed() { local start=$EPOCHREALTIME; "${@:2}" >/dev/null; echo "$1: $(awk "BEGIN { print $EPOCHREALTIME - $start }") s"; }
same() { diff -r "$folder/local" "$folder/$1" && echo "$1: the bytes are the same"; }

rm -rf "$folder"/{local,local1,one,two,killed} "$folder/log"
timed "one machine, 1 thread" "$program" "${job[@]}" --local 1 --out "$folder/local1"
timed "one machine, 2 threads" "$program" "${job[@]}" --local 2 --out "$folder/local"
same local1
scheduler
executor
first=$started
timed "1 executor" "$program" "${job[@]}" --scheduler "$address" --out "$folder/one"
same one
executor
second=$started
sleep 3
timed "2 executors" "$program" "${job[@]}" --scheduler "$address" --out "$folder/two"
same two
grep -E 'VmHWM|VmRSS' "/proc/$first/status" "/proc/$second/status"

# Each is killed while shards are being worked on; the command is run again until it succeeds.
shards=$(find "$folder/local/done" -type f | wc -l)
run() { "$program" "${job[@]}" --scheduler "$address" --out "$folder/killed" >/dev/null 2>>"$folder/log"; }
reach() { until [ "$(find "$folder/killed/done" -type f 2>/dev/null | wc -l)" -ge $((shards * $1 / 100)) ]; do sleep 0.05; done; }
runs=0
(until run; do runs=$((runs + 1)); sleep 1; done; echo "runs that failed: $runs") & client=$!
reach 15; kill -9 "$second"; echo "an executor is killed"
reach 30; kill -9 "$scheduler"; sleep 1; scheduler; echo "the scheduler is killed"
reach 45; kill -9 "$first"; sleep 2; executor; executor; echo "all executors are killed"
wait "$client"
same killed
