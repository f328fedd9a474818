"""Prints the licenses of all crates in the program: `python licenses.py TARGET`, run in the repository.

A text that several crates share stands once, with their names above it. A crate without a license file is listed with the expression
of its manifest. Only the crates that `cargo tree` finds beneath the program for this target are named.
"""

import collections
import json
import subprocess
import sys
from pathlib import Path

COMMON = ["--locked", "--features", "serve"]


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    target = sys.argv[1]
    manifest = ["--manifest-path", "cli/Cargo.toml"]
    tree = run("cargo", "tree", *manifest, *COMMON, "--target", target, "-e", "normal", "--prefix", "none", "-f", "{p}")
    used = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    metadata = json.loads(run("cargo", "metadata", *manifest, *COMMON, "--format-version", "1", "--filter-platform", target))
    packages = [it for it in metadata["packages"] if (it["name"], "v" + it["version"]) in used]
    texts, without = collections.defaultdict(list), []
    for package in sorted(packages, key=lambda it: (it["name"], it["version"])):
        if package["source"] is None:
            continue
        name = f"{package['name']} {package['version']} ({package['license']})"
        folder = Path(package["manifest_path"]).parent
        files = sorted(file for file in folder.iterdir() if file.is_file() and is_license(file.name))
        for file in files:
            texts[file.read_text(errors="replace").strip()].append(name)
        if not files:
            without.append(name)
    print(f"cepstrum is made of {len(packages)} crates. Their licenses, by text:\n")
    for text, names in sorted(texts.items(), key=lambda it: it[1][0]):
        print("=" * 100, *dict.fromkeys(names), "-" * 100, text, "", sep="\n")
    if without:
        print("=" * 100, "Without a license file in the package; the expression is that of the manifest:", *without, sep="\n")


def is_license(name):
    return name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"))


main()
