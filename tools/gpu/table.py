"""Prints the tables of docs/training.md from the JSON lines that check.sh wrote: `python table.py DIR`."""

import json
import pathlib
import sys


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def columns(folder):
    """Name and JSON lines of every program that was timed."""
    yield "cepstrum", lines(folder / "cepstrum.jsonl")
    yield "cepstrum, CPU", lines(folder / "cepstrum_cpu.jsonl")
    torch = lines(folder / "pytorch.jsonl")
    for mode, name in [("eager", "PyTorch"), ("compile", "PyTorch, compiled")]:
        yield name, [line for line in torch if line.get("mode") == mode]


def table(kind, keys, value, unit, found):
    rows = {}
    for column, (_, entries) in enumerate(found):
        for entry in entries:
            if entry["kind"] == kind:
                row = rows.setdefault(tuple(entry[key] for key in keys), {})
                row[column] = entry[value]
    if not rows:
        return
    used = [at for at in range(len(found)) if any(at in row for row in rows.values())]
    print(f"| {' | '.join(keys)} | {' | '.join(f'{found[at][0]}, {unit}' for at in used)} |")
    print("|" + " --- |" * (len(keys) + len(used)))
    for key, row in rows.items():
        cells = [f"{row[at]:.3g}" if at in row else "" for at in used]
        print(f"| {' | '.join(map(str, key))} | {' | '.join(cells)} |")
    print()


def main():
    folder = pathlib.Path(sys.argv[1])
    found = list(columns(folder))
    for entry in lines(folder / "cepstrum.jsonl"):
        if entry["kind"] in ("operation", "trajectory", "training"):
            what = entry.get("operation") or entry["network"]
            rest = {key: entry[key] for key in entry if key not in ("kind", "operation", "network", "ok")}
            print(f"{'ok  ' if entry['ok'] else 'FAIL'} {entry['kind']} {what}: {rest}")
    print()
    table("step", ["network", "batch"], "milliseconds", "ms per step", found)
    table("inference", ["network", "segments"], "seconds", "s", found)
    table("epoch", ["network", "segments", "batch"], "seconds", "s", found)


main()
