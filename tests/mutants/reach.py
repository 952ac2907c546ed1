# SPDX-License-Identifier: BSD-2-Clause
"""Which tests reach which line of the code, as `make check` has counted it of their programs, and how long each takes."""

import hashlib
import json
import os
import subprocess

from yard import BuildError, DAILY, PLAIN, SLOW, at_once, expand, folder_of, name_of, run_test

PATIENCE = 600  # seconds of CPU, for tests that are known to end


def digest(wanted, files):
    total = hashlib.sha256(repr((PLAIN, wanted, files)).encode())
    for path in expand("*/*.[ch]", "*/*/*.[ch]", "*/*/*.def", "*/*/*.S", "tests/maps/*", "tests/mutants/*.py"):
        if os.path.isfile(path):
            total.update(path.encode() + open(path, "rb").read())
    return total.hexdigest()


def profile_of(test):
    return f"build/host/{folder_of(test)}/{name_of(test)}.profraw"


def lines_of(root, profile, files):
    """{path: {line: reached or not}} of one program."""
    program, merged = profile.removesuffix(".profraw"), profile.replace(".profraw", ".profdata")
    subprocess.run(["llvm-profdata", "merge", "-o", merged, profile], cwd=root, check=True)
    text = subprocess.run(["llvm-cov", "export", "-format=lcov", f"-instr-profile={merged}", program,
                           *(os.path.join(root, file) for file in files)],
                          cwd=root, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    found, counts = {}, {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key == "SF":
            counts = found.setdefault(os.path.relpath(value, root), {})
        elif key == "DA":
            number, count = map(int, value.split(",")[:2])
            counts[number] = counts.get(number, False) or count > 0
    return found


def on_plain_code(plain, test):
    """How one test went on the code as it is, without sanitizers."""
    return run_test(plain.program(test), plain.library(folder_of(test)), PATIENCE)


def seconds_of(test, run):
    """None for one that fails on the code as it is, by @run."""
    base = run[0](*run[1:], test)
    return base.seconds if base.passed else None


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
        def order(test):
            return not is_named_after(test, path) or self.seconds[test] > 1, self.seconds[test], test

        return sorted(found, key=order)


def is_named_after(test, path):
    return os.path.splitext(os.path.basename(path))[0] in test


def measure(pool, root, folder, wanted, files, run):
    """@files: those that will be changed. @run: a function and what it takes before a test, which makes it an outcome."""
    kept = os.path.join(folder, "reach.json")
    mark = digest(wanted, files)
    if os.path.exists(kept):
        with open(kept) as file:
            found = json.load(file)
        if found["mark"] == mark:
            return Reach(found["seconds"], {path: {int(line): names for line, names in lines.items()}
                                            for path, lines in found["lines"].items()})
    made = subprocess.run(["make", "-s", f"-j{os.cpu_count()}", *map(profile_of, wanted)], cwd=root, text=True,
                          env={**DAILY, **os.environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        raise BuildError(made.stdout)
    wanted = sorted(wanted, key=lambda test: (name_of(test) not in SLOW, test))  # the long ones first
    took = dict(zip(wanted, at_once(pool, [(seconds_of, test, run) for test in wanted])))
    failing = [test for test in wanted if took[test] is None]
    programs = {}
    for test in wanted:
        if took[test] is not None:
            programs.setdefault(profile_of(test), []).append(test)
    lines = {}
    for some, found in zip(programs.values(), at_once(pool, [(lines_of, root, profile, files) for profile in programs])):
        for path, counts in found.items():
            for line, is_reached in counts.items():
                names = lines.setdefault(path, {}).setdefault(line, [])
                if is_reached:
                    names += some
    seconds = {test: took[test] for test in wanted if test not in failing}
    if not failing:
        with open(kept, "w") as file:
            json.dump({"mark": mark, "seconds": seconds, "lines": lines}, file)
    return Reach(seconds, lines, failing)
