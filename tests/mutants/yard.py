# SPDX-License-Identifier: BSD-2-Clause
"""Where mutants are built and run: a copy of the tree under build/mutate, the tests linked once to the code as a shared
library, so that a mutant costs one object and one link."""

import functools
import glob
import hashlib
import math
import os
import re
import resource
import shutil
import signal
import subprocess
from concurrent.futures import ProcessPoolExecutor

COPIED = ("base", "plan", "protocol", "codecs", "kernel", "config", "arch", "policy", "loader", "install", "tools", "tests/unit", "tests/sim", "tests/probe")
WRAPPED = ("x86_cpuid", "x86_read_cr4", "x86_random", "x86_enter", "x86_enter_by_trampoline", "arch_here",
           "arch_cpu", "arch_enter", "x86_port_in", "x86_port_out", "arch_speaker", "arch_ticks")
# Tests that take seconds each, and what only they reach: only with --slow.
SLOW = ("test_faults", "test_inputs", "test_packed", "test_cut", "test_draw", "test_unpack", "test_unpack_errors",
        "test_unpack_kernels", "test_unpack_lz4", "test_unpack_frames")
SLOW_FILES = ("codecs/unpack.c",)
# What tests that would try up to a million cases are held to: about what scripts/test tries of them every day.
DAILY = {"SEED": "1", "CASES": "10000", "SHARE": "12"}
PLAIN = ("-std=gnu11", "-O2", "-w", "-fshort-wchar", "-fPIC", "-fno-semantic-interposition")
# The decoders of packed kernels, which nothing here changes: as the Makefile builds them, plain and with sanitizers.
DECODERS = {False: "build/host/tool/libunpack.a", True: "build/host/libunpack.a"}
CHECKED = ("-std=gnu11", "-O1", "-g1", "-w", "-fshort-wchar", "-fPIC", "-fsanitize=address,undefined",
           "-fno-sanitize-recover=all")
# Debian 12's faster linker; Debian 13 has it in a package of its own.
LINKER = ["-fuse-ld=gold"] if shutil.which("ld.gold") else []
MEMORY = 4 << 30  # bytes that a test may write to; sanitizers map more than that


class BuildError(Exception):
    pass


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode != 0:
        raise BuildError(" ".join(command) + "\n" + done.stdout)


@functools.lru_cache(None)
def seen_by(root, compiler="gcc"):
    """{file: flags}: what the Makefile lets each source see, with folders from the root, as mutants lie elsewhere."""
    files = expand("*/*.c", "*/*/*.c")
    out = subprocess.run(["make", "-s", "flags", f"CC={compiler}", "FILES=" + " ".join(files)], cwd=root, text=True, check=True,
                         stdout=subprocess.PIPE).stdout
    found = {}
    for line in out.splitlines():
        path, *words = line.split()
        found[path] = words
        for i, word in enumerate(words):
            if i > 0 and words[i - 1] == "-isystem":
                words[i] = os.path.join(root, word)
            elif word.startswith("-I"):
                words[i] = "-I" + os.path.join(root, word[2:])
    return found


def call(task):
    return task[0](*task[1:])


def at_once(pool, tasks):
    """Every (function, arguments...) in the pool; their results in order."""
    return list(pool.map(call, tasks))


def build_decoders(root):
    run(["make", "-s", f"-j{os.cpu_count()}", *DECODERS.values()], cwd=root)


def expand(*patterns):
    return sorted(path for pattern in patterns for path in glob.glob(pattern))


def pure_files():
    return expand("base/*.c", "plan/*.c", "protocol/*.c", "protocol/*/*.c", "codecs/unpack.c", "kernel/*.c", "config/*.c",
                  "arch/*.c", "arch/*/prepare.c", "arch/x86/*.c", "arch/x86_64/here.c", "policy/*.c", "loader/*.c")


def assembly_files():
    return ["arch/x86/trampoline.S", "arch/x86_64/enter.S"]


def firmware_files():
    """Those that ask firmware: only the simulated one answers."""
    return expand("loader/*.c")


def tool_files():
    """The host command's: of these a program gets what it calls: the command is a firmware of its own, and a CPU."""
    return sorted(set(expand("tools/*.c", "install/*.c")) - {"tools/elf2efi.c", "tools/berth.c", "tools/dry_cpu.c"})


def helper_files(folder):
    helpers = [f for f in expand("tests/unit/*.c") if "/test_" not in f and "/plain_" not in f]
    if folder == "sim":
        helpers += [f for f in expand("tests/sim/*.c", "tests/probe/clauses*.c") if "/test_" not in f]
    return helpers


def tests(slow=False):
    found = expand("tests/unit/test_*.c", "tests/sim/test_*.c")
    return [test for test in found if slow or name_of(test) not in SLOW]


def folder_of(test):
    return test.split("/")[1]


def name_of(test):
    """The program's; @test: its source, and for a part of its tests a colon and a word behind it (floor.py)."""
    return os.path.basename(test).split(".")[0]


class Yard:
    """One way of building everything, in build/mutate/NAME: objects, the libraries of code, the test programs."""

    def __init__(self, root, name, flags):
        self.root, self.folder = root, os.path.join(root, "build/mutate", name)
        self.flags = flags
        self.is_checked = any(f.startswith("-fsanitize") for f in flags)
        self.link = LINKER + [f for f in flags if f.startswith("-fsanitize")]

    def work(self, run):
        """Where the workers of one run, told by its process, have their copies of the tree."""
        return os.path.join(self.folder, "work", str(run))

    def object_of(self, file):
        return os.path.join(self.folder, os.path.splitext(file)[0] + ".o")

    def library(self, folder):
        return os.path.join(self.folder, "lib", folder, "libcode.so")

    def tools(self):
        return os.path.join(self.folder, "lib", "libtool.a")

    def program(self, test):
        return os.path.join(self.folder, folder_of(test), name_of(test))

    def compile(self, file, out, flags, tree="."):
        os.makedirs(os.path.dirname(out), exist_ok=True)
        run(["gcc", *flags, *seen_by(self.root).get(file, ()), "-c", file, "-o", out], cwd=tree)

    @staticmethod
    def wrap(folder):
        return ["-Wl,--wrap=" + name for name in WRAPPED] if folder == "sim" else []

    def link_library(self, folder, objects, out):
        wrap = self.wrap(folder)
        os.makedirs(os.path.dirname(out), exist_ok=True)
        run(["gcc", "-shared", *self.link, *wrap, "-Wl,-Bsymbolic", "-Wl,-soname,libcode.so", *objects, "-o", out])

    def code_objects(self, folder, instead=None):
        """The objects of a library, with some replaced: {file: object}."""
        files = pure_files() + assembly_files()
        return [(instead or {}).get(f, self.object_of(f)) for f in files
                if folder == "sim" or f not in firmware_files()]

    def link_program(self, test):
        folder = folder_of(test)
        helpers = [self.object_of(f) for f in helper_files(folder)]
        os.makedirs(os.path.dirname(self.program(test)), exist_ok=True)
        run(["gcc", *self.link, *self.wrap(folder), self.object_of(test), *helpers, self.tools(), self.library(folder), DECODERS[self.is_checked],
             "-lcmocka", "-lm", "-o", self.program(test)], cwd=self.root)

    def _stale(self, file):
        """Whether the object has to be built; what it is built from is noted beside it."""
        mark = hashlib.sha256(repr((self.flags, headers_digest())).encode() + open(file, "rb").read()).hexdigest()
        note = self.object_of(file) + ".from"
        if os.path.exists(note) and open(note).read() == mark and os.path.exists(self.object_of(file)):
            return None
        return note, mark

    def build(self, pool, wanted):
        """Everything that the programs of the tests in @wanted need; True when something was built."""
        files = set(pure_files() + assembly_files() + tool_files() + wanted)
        for folder in {folder_of(test) for test in wanted}:
            files.update(helper_files(folder))
        stale = {file: note for file in sorted(files) if (note := self._stale(file))}
        at_once(pool, [(self.compile, file, self.object_of(file), self.flags, self.root) for file in stale])
        missing = [test for test in wanted if stale or not os.path.exists(self.program(test))]
        folders = sorted({folder_of(test) for test in missing})
        if missing:
            os.makedirs(os.path.dirname(self.tools()), exist_ok=True)
            run(["sh", "-c", 'rm -f "$0" && ar rcsD "$0" "$@"', self.tools(), *map(self.object_of, tool_files())])
        at_once(pool, [(self.link_library, folder, self.code_objects(folder), self.library(folder))
                       for folder in folders])
        at_once(pool, [(self.link_program, test) for test in missing])
        for note, mark in stale.values():
            with open(note, "w") as out:
                out.write(mark)
        return bool(missing)


_digest = []


def headers_digest():
    if not _digest:
        total = hashlib.sha256()
        for path in expand(*(f"{folder}/{depth}*.{kind}" for folder in COPIED for depth in ("", "*/")
                             for kind in ("h", "def"))):
            total.update(path.encode() + open(path, "rb").read())
        _digest.append(total.hexdigest())
    return _digest[0]


def copy_tree(root, to):
    """A copy of the sources, in which one file at a time is changed."""
    for folder in COPIED:
        target = os.path.join(to, folder)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(os.path.join(root, folder), target)


class Outcome:
    def __init__(self, status, output, seconds):
        self.status, self.output, self.seconds = status, output, seconds

    @property
    def passed(self):
        return self.status == 0

    @property
    def timed_out(self):
        return self.status in (-signal.SIGPROF, -signal.SIGKILL)

    def failed_test(self):
        """The cmocka test in which the program ended."""
        failed = re.findall(r"^\[  FAILED  \] (\w+)$", self.output, re.M)
        begun = re.findall(r"^\[ RUN      \] (\w+)", self.output, re.M)
        return failed[0] if failed else begun[-1] if begun else ""


def run_test(program, library, cpu_seconds, environment=None, is_checked=False):
    """Runs a test program on a library of code. It is limited by CPU time, which other work does not change."""
    def bound():
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        whole = math.ceil(cpu_seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
        if not is_checked:
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    more = {**os.environ, "LD_LIBRARY_PATH": os.path.dirname(library), "CMOCKA_TEST_ABORT": "1", **DAILY,
            **(environment or {})}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=more, preexec_fn=bound)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Outcome(done.returncode, done.stdout.decode(errors="replace"), used)


def pool():
    return ProcessPoolExecutor(max_workers=os.cpu_count())
