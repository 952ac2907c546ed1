# SPDX-License-Identifier: BSD-2-Clause
"""Which tests reach which line of the code, and how long each takes: from one run of all with gcov."""

import hashlib
import json
import os
import shutil
import subprocess

from yard import COVERED, PLAIN, SLOW, Yard, at_once, expand, name_of, pure_files, run_test

PATIENCE = 600  # seconds of CPU, for tests that are known to end


def digest(wanted):
    total = hashlib.sha256(repr((PLAIN, COVERED, wanted)).encode())
    for path in expand("*/*.[ch]", "*/*/*.[ch]", "*/*/*.def", "*/*/*.S", "tests/maps/*", "tests/mutants/*.py"):
        if os.path.isfile(path):
            total.update(path.encode() + open(path, "rb").read())
    return total.hexdigest()


def lines_of(yard, test, file, place):
    """{path: {line: count}} that one test reached by way of one object."""
    stem = os.path.join(place, os.path.splitext(yard.object_of(file))[0].lstrip("/"))
    if not os.path.exists(stem + ".gcda"):
        return {}
    shutil.copy(os.path.splitext(yard.object_of(file))[0] + ".gcno", stem + ".gcno")
    text = subprocess.run(["gcov", "--json-format", "--stdout", stem + ".gcda"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True, text=True).stdout
    found = {}
    for entry in json.loads(text)["files"]:
        counts = found.setdefault(os.path.normpath(entry["file"]), {})
        for line in entry["lines"]:
            counts[line["line_number"]] = counts.get(line["line_number"], 0) + line["count"]
    return found


def reached(yard, plain, test):
    """(seconds on plain code, {path: {line: reached or not}}) of one test; None for one that fails as it is."""
    place = os.path.join(yard.folder, "reached", name_of(test))
    shutil.rmtree(place, ignore_errors=True)
    folder = test.split("/")[1]
    base = run_test(plain.program(test), plain.library(folder), PATIENCE)
    # A few thousand cases show which lines it reaches.
    done = run_test(plain.program(test), yard.library(folder), PATIENCE,
                    {"GCOV_PREFIX": place, "CASES": "4000", "SHARE": "5"})
    if not base.passed or not done.passed:
        return None
    lines = {}
    for file in pure_files():
        for path, counts in lines_of(yard, test, file, place).items():
            mine = lines.setdefault(path, {})
            for line, count in counts.items():
                mine[line] = mine.get(line, False) or count > 0
    return base.seconds, lines


class Reach:
    def __init__(self, seconds, lines, failing=()):
        self.seconds = seconds  # {test: seconds of CPU}
        self.lines = lines      # {path: {line: [test]}}
        self.failing = failing  # tests that fail on the code as it is, and so say nothing

    def tests_at(self, path, line):
        """The tests that reach a line, those named after the file first, then the quick ones."""
        known = self.lines.get(path, {})
        while line > 0 and line not in known:
            line -= 1
        return self._ordered(path, known.get(line, []))

    def tests_of(self, path):
        return self._ordered(path, {test for found in self.lines.get(path, {}).values() for test in found})

    def _ordered(self, path, found):
        stem = os.path.splitext(os.path.basename(path))[0]
        return sorted(found, key=lambda test: (stem not in test or self.seconds[test] > 1, self.seconds[test], test))


def measure(pool, root, plain, wanted):
    kept = os.path.join(plain.folder, "reach.json")
    mark = digest(wanted)
    if os.path.exists(kept):
        with open(kept) as file:
            found = json.load(file)
        if found["mark"] == mark:
            return Reach(found["seconds"], {path: {int(line): names for line, names in lines.items()}
                                            for path, lines in found["lines"].items()})
    covered = Yard(root, "covered", PLAIN, COVERED)
    covered.build(pool, wanted)
    wanted = sorted(wanted, key=lambda test: (name_of(test) not in SLOW, test))  # the long ones first
    seconds, lines = {}, {}
    failing = []
    for test, answer in zip(wanted, at_once(pool, [(reached, covered, plain, test) for test in wanted])):
        if answer is None:
            failing.append(test)
            continue
        seconds[test], found = answer
        for path, counts in found.items():
            for line, is_reached in counts.items():
                names = lines.setdefault(path, {}).setdefault(line, [])
                if is_reached:
                    names.append(test)
    if not failing:
        with open(kept, "w") as file:
            json.dump({"mark": mark, "seconds": seconds, "lines": lines}, file)
    return Reach(seconds, lines, failing)
