"""Builds and drives our side of a comparison: an example that answers requests on its standard input."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build(package, example, *options):
    """Builds an example in release mode, wherever Cargo's target folder is, and returns the path of the program."""
    command = ["cargo", "build", "--release", "-p", package, "--example", example, *options,
               "--message-format", "json-render-diagnostics"]
    messages = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    built = [json.loads(line).get("executable") for line in messages.splitlines()]
    return [path for path in built if path][-1]


class Ours:
    """Our side, in a process of its own that waits while the other side computes."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, request):
        """Sends a request and returns the answer, one line of JSON."""
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"our side did not answer {request!r}")
        return json.loads(answer)
