# SPDX-License-Identifier: BSD-2-Clause
"""Builds mutants and runs the tests that reach them, until one fails: many of a file together, then alone who is left."""

import filecmp
import os
import subprocess

import reach
from batch import Batch, chosen, compile_together
from reach import is_named_after
from yard import BuildError, Yard, copy_tree, folder_of, name_of, pure_files, run_test

FEW = 3  # mutants of a file, at least, that are worth a source of their own
# Seconds of CPU that the first tests of a mutant take, where there are many mutants: nearly all that are noticed at all
# are noticed by those.
ENOUGH = 2
QUICK = 0.5  # seconds of CPU without sanitizers: tests that take longer are not run with them as well

KILLED, SURVIVED, EQUIVALENT, BROKEN = "killed", "survived", "equivalent", "does not compile"


class Verdict:
    def __init__(self, word, by="", timed_out=False, test=None):
        self.word, self.by, self.timed_out, self.test = word, by, timed_out, test


def limit(yard, seconds):
    """How much CPU time a mutant may take, from what the test takes without sanitizers."""
    return 15 * seconds + 1 if yard.is_checked else 3 * seconds + 0.25


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
        self.write()
        return self

    def write(self):
        for path, text in self.texts.items():
            self._write(path, text)

    def __exit__(self, *_):
        for path in self.texts:
            with open(os.path.join(self.yard.root, path)) as file:
                self._write(path, file.read())

    def _write(self, path, text):
        with open(os.path.join(self.place, "tree", path), "w") as file:
            file.write(text)

    def compile(self, *flags):
        """False when the objects are those of the code unchanged."""
        differs = False
        for i, file in enumerate(self.users):
            out = os.path.join(self.place, f"{i}.o")
            self.yard.compile(file, out, (*self.yard.flags, *flags), os.path.join(self.place, "tree"))
            self.objects[file] = out
            differs = differs or not filecmp.cmp(out, self.yard.object_of(file), shallow=False)
        return differs

    def run(self, test, seconds, environment=None):
        folder = folder_of(test)
        if folder not in self.libraries:
            out = os.path.join(self.place, folder, "libcode.so")
            self.yard.link_library(folder, self.yard.code_objects(folder, self.objects), out)
            self.libraries[folder] = out
        return run_test(self.yard.program(test), self.libraries[folder], seconds, environment, self.yard.is_checked)


def first_failure(tests, run):
    """The verdict of the first of @tests that @run finds to fail; None when they pass."""
    for test in tests:
        outcome = run(test)
        if not outcome.passed:
            by = "time" if outcome.timed_out else outcome.failed_test()
            return Verdict(KILLED, f"{name_of(test)}: {by}", outcome.timed_out, test)
    return None


class Trials:
    """The mutants of a batch that was built; @run: a test, with a mutant chosen by its number, for some seconds of CPU."""

    def __init__(self, batch, tests, seconds, run, is_soon=lambda test, spent: spent < ENOUGH):
        self.batch, self.tests, self.seconds, self.run, self.is_soon = batch, tests, seconds, run, is_soon
        self.takes = {}  # {test: seconds of CPU that it takes on the batch with none chosen}

    def control(self, test):
        """A batch is compiled otherwise than the code that it stands for: with none chosen all must pass as it does."""
        if test not in self.takes:
            outcome = self.run(test, 0, reach.PATIENCE)
            if not outcome.passed:
                raise BuildError(f"{name_of(test)} fails in a batch of {self.batch.path} with no mutant chosen")
            self.takes[test] = max(outcome.seconds, self.seconds[test])
        return self.takes[test]

    def first_failure(self, number, tests):
        return first_failure(tests, lambda test: self.run(test, number, 3 * self.control(test) + 0.25))

    def soon(self, mutant):
        """Those that are named after the file, and of the others, the quickest first, those that @is_soon chooses."""
        spent, found = 0, []
        for test in self.tests[mutant]:
            if self.is_soon(test, spent) or is_named_after(test, self.batch.path):
                found.append(test)
            spent += self.seconds[test]
        return found

    def verdicts(self):
        """{mutant: the verdict of the test that notices it, or None}. Whom those that come soon do not notice meets the
        rest of those that notice another of the batch."""
        found = {mutant: self.first_failure(number, self.soon(mutant)) for number, mutant in self.batch.taken.items()}
        good = {verdict.test for verdict in found.values() if verdict}
        for number, mutant in self.batch.taken.items():
            if not found[mutant]:
                rest = [test for test in self.tests[mutant] if test in good and test not in self.soon(mutant)]
                found[mutant] = self.first_failure(number, rest)
        return {mutant: verdict for mutant, verdict in found.items() if not (verdict and verdict.timed_out)}


def one_by_one(error):
    """What a batch says that cannot be built, or that is not the code that it stands for."""
    print("# one by one: " + str(error).splitlines()[-1], flush=True)
    return {}


def text_of(root, path):
    with open(os.path.join(root, path)) as file:
        return file.read()


def try_alone(yard, mutant, users, tests, seconds):
    with Changed(yard, {mutant.path: mutant.apply(text_of(yard.root, mutant.path))}, users) as code:
        try:
            if not code.compile():
                return Verdict(EQUIVALENT, "the compiler makes the same object")
        except BuildError:
            return Verdict(BROKEN)
        return first_failure(tests, lambda test: code.run(test, limit(yard, seconds[test]))) or survived(tests)


def survived(tests):
    return Verdict(SURVIVED, "" if tests else "no test comes here")


def survivor(yard, mutant, users, tests):
    """The verdict of one that no test noticed."""
    verdict = try_alone(yard, mutant, users, [], {})
    return verdict if verdict.word == EQUIVALENT else survived(tests)


def quick(tests, seconds):
    """Those that are run with sanitizers too."""
    return [test for test in tests if seconds[test] <= QUICK]


def judge_alone(plain, checked, mutant, users, tests, seconds):
    """Without sanitizers first, which is quick; what survives that meets the quick tests as `make check` builds them."""
    verdict = try_alone(plain, mutant, users, tests, seconds)
    if verdict.word == SURVIVED and tests:
        verdict = try_alone(checked, mutant, users, quick(tests, seconds), seconds)
    return verdict


def try_together(yard, batch, tests, seconds):
    """Trials.verdicts() of a batch; those that have none are tried alone."""
    def compile_source(source):
        code.texts[batch.path] = source
        code.write()
        code.compile("-O1")  # quicker to compile, and no slower in the end

    def run(test, number, patience):
        return code.run(test, patience, chosen(number))

    with Changed(yard, {batch.path: batch.text}, [batch.path]) as code:
        try:
            compile_together(batch, compile_source)
            return Trials(batch, tests, seconds, run).verdicts()
        except BuildError as error:
            return one_by_one(error)


def judge(plain, checked, mutants, users, tests, seconds):
    """The verdicts of mutants of one file; @tests: those of each. Together first, as a compilation and a link cost more than
    most tests. What no test notices so is compiled alone, to see whether it is the same object."""
    path = mutants[0].path
    text = text_of(plain.root, path)
    found, unnoticed = {}, mutants if len(mutants) >= FEW and path.endswith(".c") else []
    for yard, meant in ((plain, tests), (checked, {m: quick(at, seconds) for m, at in tests.items()})):
        said = try_together(yard, Batch(path, text, unnoticed), meant, seconds)
        found.update({mutant: verdict for mutant, verdict in said.items() if verdict})
        unnoticed = [mutant for mutant, verdict in said.items() if not verdict]
    for mutant in mutants:
        if mutant in unnoticed:
            found[mutant] = survivor(plain, mutant, users, tests[mutant])
        elif mutant not in found:
            found[mutant] = judge_alone(plain, checked, mutant, users, tests[mutant], seconds)
    return found
