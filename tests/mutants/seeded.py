# SPDX-License-Identifier: BSD-2-Clause
"""The seeded faults: tests/mutants/NN-NAME.patch, each a bug that another boot loader had, put into Berth's code.

A patch begins with lines `# ...`; the last of them is `# killed by: PROGRAM TEST`. What follows is a unified diff. Its
lines are looked for where they are, not where its numbers say.
"""

import os
import re

import floor as floor_
from judge import Changed, users_of
from yard import BuildError, expand, name_of, tests

PATIENCE = 20  # seconds of CPU with sanitizers; some faults end a test in no other way


class Fault:
    def __init__(self, path):
        self.name = os.path.basename(path)[:-len(".patch")]
        with open(path) as file:
            text = file.read()
        killer = re.search(r"^# killed by: (\w+) (\w+)$", text, re.M)
        if not killer:
            raise BuildError(f"{path} has no line `# killed by: PROGRAM TEST`")
        self.program, self.test = killer.groups()
        self.hunks = list(hunks_of(text))
        if not self.hunks:
            raise BuildError(f"{path} changes nothing")

    @property
    def is_below(self):
        """Whether it is in efi/, which tests/uefi judges."""
        return all(path.startswith("efi/") for path, _, _ in self.hunks)

    def complaint(self, outcome):
        """What is wrong with how its program ended; nothing when the test that must notice the fault did."""
        if outcome.passed:
            return f"{self.program} passes"
        if outcome.failed_test() != self.test:
            return f"{self.program} fails in {outcome.failed_test()}, not in {self.test}"
        return ""

    def texts(self):
        """{path: the file with the fault in it}"""
        changed = {}
        for path, old, new in self.hunks:
            if path not in changed:
                with open(path) as file:
                    changed[path] = file.read()
            if changed[path].count(old) != 1:
                raise BuildError(f"it does not apply any more: {path} has {changed[path].count(old)} places that read\n"
                                 + old)
            changed[path] = changed[path].replace(old, new)
        return changed


def hunks_of(text):
    """(path, old lines, new lines) of each hunk."""
    path, old, new = None, [], []
    for line in [*text.splitlines(), "@@"]:
        if line.startswith(("---", "+++", "@@")):
            if old or new:
                yield path, "".join(old), "".join(new)
            old, new = [], []
            if line.startswith("+++"):
                path = line.split("\t")[0][4:].removeprefix("b/")
        elif path is not None:
            old += [line[1:] + "\n"] if line[:1] in (" ", "-") else []
            new += [line[1:] + "\n"] if line[:1] in (" ", "+") else []


def try_fault(yard, fault, test):
    """What is wrong with the fault; nothing when its test notices it."""
    try:
        texts = fault.texts()
        users = sorted({user for path in texts for user in users_of(yard.root, path)})
        with Changed(yard, texts, users) as code:
            code.compile()
            outcome = code.run(test, PATIENCE)
    except BuildError as error:
        return str(error)
    return fault.complaint(outcome)


def check(workers, yard, floor):
    """Prints a line of TAP for each fault; whether all were noticed, and the number of the next line."""
    faults = [Fault(path) for path in expand("tests/mutants/*.patch")]
    programs = {name_of(test): test for test in tests(slow=True)}
    unknown = sorted({f.program for f in faults if not f.is_below} - set(programs))
    if unknown:
        raise BuildError(f"no such test program: {', '.join(unknown)}")
    yard.build(workers, sorted({programs[f.program] for f in faults if not f.is_below}))
    answers = [workers.submit(floor_.try_fault, floor, fault, PATIENCE) if fault.is_below else
               workers.submit(try_fault, yard, fault, programs[fault.program]) for fault in faults]
    good = True
    for number, (fault, answer) in enumerate(zip(faults, answers), 1):
        problem = answer.result()
        good = good and not problem
        print(f"{'not ' if problem else ''}ok {number} - seeded fault {fault.name} is noticed by {fault.program}: "
              f"{fault.test}", flush=True)
        for line in problem.splitlines():
            print(f"# {line}")
    return good, len(faults) + 1
