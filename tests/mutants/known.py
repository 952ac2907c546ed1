# SPDX-License-Identifier: BSD-2-Clause
"""The mutants that are known to change nothing: tests/mutants/equivalent."""

import os

FILE = "tests/mutants/equivalent"


def parse(text):
    """{(path, function, original, mutated): reason}; a block is `path function`, `- original`, `+ mutated`, `= reason`."""
    known = {}
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if not lines:
            continue
        path, function = lines[0].split(" ", 1)
        original = next(line[2:] for line in lines if line.startswith("- "))
        reason = " ".join(line[2:] for line in lines if line.startswith("= "))
        for line in lines:
            if line.startswith("+ "):
                known[path, function, original, line[2:]] = reason
    return known


def read(root):
    path = os.path.join(root, FILE)
    return parse(open(path).read()) if os.path.exists(path) else {}
