# SPDX-License-Identifier: BSD-2-Clause
"""Builds one mutant and runs the tests that reach it, until one fails."""

import filecmp
import os
import subprocess

from yard import BuildError, Yard, copy_tree, folder_of, name_of, pure_files, run_test

QUICK = 0.5  # seconds of CPU without sanitizers: tests that take longer are not run with them as well

KILLED, SURVIVED, EQUIVALENT, BROKEN = "killed", "survived", "equivalent", "does not compile"


class Verdict:
    def __init__(self, word, by="", timed_out=False):
        self.word, self.by, self.timed_out = word, by, timed_out


def limit(yard, seconds):
    """How much CPU time a mutant may take, from what the test takes without sanitizers."""
    return (15 if yard.is_checked else 3) * seconds + 1


_place = {}


def my_place(yard):
    """This process's copy of the tree."""
    if yard.folder not in _place:
        _place[yard.folder] = os.path.join(yard.work(os.getppid()), str(os.getpid()))
        copy_tree(yard.root, os.path.join(_place[yard.folder], "tree"))
    return _place[yard.folder]


def users_of(root, path):
    """The files that have to be compiled again when one has changed."""
    if path.endswith(".c"):
        return [path]
    made = subprocess.run(["gcc", "-MM", *pure_files()], cwd=root, stdout=subprocess.PIPE, check=True, text=True).stdout
    rules = made.replace("\\\n", " ").splitlines()
    return [rule.split()[1] for rule in rules if path in (os.path.normpath(word) for word in rule.split()[2:])]


class Changed:
    """The code with one or more files changed: compiled in this process's folder, linked when a test needs it."""

    def __init__(self, yard: Yard, texts, users):
        self.yard, self.texts, self.users = yard, texts, users
        self.place = my_place(yard)
        self.objects, self.libraries = {}, {}

    def __enter__(self):
        for path, text in self.texts.items():
            self._write(path, text)
        return self

    def __exit__(self, *_):
        for path in self.texts:
            with open(os.path.join(self.yard.root, path)) as file:
                self._write(path, file.read())

    def _write(self, path, text):
        with open(os.path.join(self.place, "tree", path), "w") as file:
            file.write(text)

    def compile(self):
        """False when the objects are those of the code unchanged."""
        differs = False
        for i, file in enumerate(self.users):
            out = os.path.join(self.place, f"{i}.o")
            self.yard.compile(file, out, self.yard.flags, os.path.join(self.place, "tree"))
            self.objects[file] = out
            differs = differs or not filecmp.cmp(out, self.yard.object_of(file), shallow=False)
        return differs

    def run(self, test, seconds):
        folder = folder_of(test)
        if folder not in self.libraries:
            out = os.path.join(self.place, folder, "libcode.so")
            self.yard.link_library(folder, self.yard.code_objects(folder, self.objects), out)
            self.libraries[folder] = out
        return run_test(self.yard.program(test), self.libraries[folder], seconds, is_checked=self.yard.is_checked)


def try_tests(yard, mutant, users, tests, seconds):
    with open(os.path.join(yard.root, mutant.path)) as file:
        text = mutant.apply(file.read())
    with Changed(yard, {mutant.path: text}, users) as code:
        try:
            if not code.compile():
                return Verdict(EQUIVALENT, "the compiler makes the same object")
        except BuildError:
            return Verdict(BROKEN)
        for test in tests:
            outcome = code.run(test, limit(yard, seconds[test]))
            if not outcome.passed:
                by = "time" if outcome.timed_out else outcome.failed_test()
                return Verdict(KILLED, f"{name_of(test)}: {by}", outcome.timed_out)
    return Verdict(SURVIVED, "" if tests else "no test comes here")


def judge(plain, checked, mutant, users, tests, seconds):
    """Without sanitizers first, which is quick; what survives that meets the quick tests as `make check` builds them."""
    verdict = try_tests(plain, mutant, users, tests, seconds)
    if verdict.word == SURVIVED and tests:
        quick = [test for test in tests if seconds[test] <= QUICK]
        verdict = try_tests(checked, mutant, users, quick, seconds)
    return verdict
