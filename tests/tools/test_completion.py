#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What bash, zsh and fish offer behind `berth` is what its help has, and no more: the shells themselves are asked.

Each shell is run here with the completion that `make install` gives it, and the command under test is the `berth` that it
finds.
"""
import os
import pty
import re
import select
import subprocess
import tempfile
import time

from tap import BERTH, ROOT, Ran, expect, run_tests

FOLDER = tempfile.TemporaryDirectory()
ENV = {**os.environ, "PATH": os.path.dirname(os.path.abspath(BERTH)) + ":" + os.environ["PATH"], "HOME": FOLDER.name, "TERM": "dumb",
       "SYSTEMD_ESP_PATH": "/nonexistent"}
COMPLETION = os.path.join(ROOT, "tools/completion")


def at(*names):
    return os.path.join(FOLDER.name, *names)


def put(text, *names):
    os.makedirs(os.path.dirname(at(*names)), exist_ok=True)
    with open(at(*names), "w", encoding="utf-8") as file:
        file.write(text)


# ---- three shells: {what is offered} for words, of which the last is being written ----

# What ends words in an interactive one, beside blanks.
BREAKS = "\"'@><=;|&(:"

BASH = """
source "$1"; COMP_LINE=$2; COMP_WORDBREAKS=$' \\t\\n'$3; shift 3
compopt() { :; } # nobody has pressed a key
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_POINT=${#COMP_LINE}
_berth
printf '%s\\n' "${COMPREPLY[@]}"
"""


def in_bash(*words):
    """The last word as each of the offers would leave it; readline puts them in place of the last of its own words."""
    parts = [part for word in words for part in re.findall(f"[{BREAKS}]+|[^{BREAKS}]+", word) or [""]]
    done = subprocess.run(["bash", "-c", BASH, "bash", os.path.join(COMPLETION, "berth.bash"), " ".join(("berth", *words)), BREAKS, "berth", *parts],
                          env=ENV, cwd=FOLDER.name, stdout=subprocess.PIPE, text=True, check=True)
    kept = re.sub(f"[^{BREAKS}]*$", "", words[-1])
    return {kept + line for line in done.stdout.splitlines() if line}


def in_fish(*words):
    done = subprocess.run(["fish", "--no-config", "-c", f"source {COMPLETION}/berth.fish; complete -C \"$argv\"", "berth", *words],
                          env=ENV, cwd=FOLDER.name, stdout=subprocess.PIPE, text=True, check=True)
    return {line.split("\t")[0] for line in done.stdout.splitlines()}


# What would be listed is written down on its way there; functions of zsh's also ask compadd what there is, which is no offer.
ZSH = """
fpath=(%s $fpath)
autoload -Uz compinit && compinit -u -D
compadd() {
	if [[ " ${(j: :)@[1,(i)(-|--)]} " != *' -'[OAD]' '* ]]; then
		local -a __hits
		builtin compadd -O __hits "$@"
		(( $#__hits )) && print -rl -- $__hits >>%s
	fi
	builtin compadd "$@"
}
"""


class Zsh:
    """An interactive one: its completion works in no other. It says READY when it reads keys, and not the terminal lines."""

    READY = b"\x1b[?2004h"

    def __init__(self):
        put(ZSH % (COMPLETION, at("offered")), "zshrc")
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(FOLDER.name)
            os.execvpe("zsh", ["zsh", "-f", "-i"], ENV)
        self.said = b""
        self.waits_for(lambda: self.READY in self.said)
        self.does(f"source {at('zshrc')}; unsetopt beep; LISTMAX=9999; bindkey -e")

    def does(self, line, before=b""):
        """Runs a line once what was written is done with."""
        os.write(self.terminal, before + f"{line}; : >{at('done')}\n".encode())
        self.waits_for(lambda: os.path.exists(at("done")) and self.said.endswith(self.READY))
        os.unlink(at("done"))

    def waits_for(self, condition):
        until = time.monotonic() + 60
        while not condition():
            expect(time.monotonic() < until, f"zsh does not answer: {self.said[-500:]}")
            if select.select([self.terminal], [], [], 0.05)[0]:
                self.said += os.read(self.terminal, 65536)

    def __call__(self, *words):
        put("", "offered")
        # ^D lists what may stand there, and changes nothing of the line; ^U takes it away.
        self.does(":", before=("berth " + " ".join(words)).encode() + b"\x04\x15")
        with open(at("offered"), encoding="utf-8") as file:
            return set(file.read().split("\n")) - {""}

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


SHELLS = {}


def offered(*words):
    """What all shells offer: the same."""
    said = {name: {word for word in ask(*words) if word.startswith(words[-1])} for name, ask in SHELLS.items()}
    expect(len({frozenset(some) for some in said.values()}) == 1, f"berth {' '.join(words)}: {said}")
    return said["bash"]


# ---- what is to be offered ----


def commands():
    found = re.findall(r"^  (\w+) ", Ran("--help").expect(0).out, re.M)
    expect(len(found) > 10, found)
    return found


def commands_are_those_of_the_help():
    """bash, zsh and fish offer the commands of berth --help"""
    expect(offered("") == {*commands(), "--help", "--version"}, offered(""))
    expect(offered("--") == {"--help", "--version"}, offered("--"))
    expect(offered("in") == {"inspect", "install"}, offered("in"))


def options_are_those_of_the_help():
    """Behind each command they offer each option that its help explains, and no other"""
    for command in commands():
        text = Ran(command, "--help").expect(0).out
        listed = {option for line in re.findall(r"^  (-.*?)(?:  .*)?$", text, re.M)
                  for option in re.findall(r"(?:^|(?<=, ))--?[a-z][a-z0-9-]*", line)}
        usage = set(re.findall(r"(?<![\w-])--?[a-z][a-z0-9-]*", re.match(r"usage: .*\n(?: +.*\n)*", text)[0]))
        expect(listed and usage <= listed | {"--help"}, f"{command}: the usage has {usage - listed}, which the help does not explain")
        expect(offered(command, "-") == listed | {"--help"}, f"{command}: offered {offered(command, '-')}, the help has {listed}")


# What each name of a value in the help stands for.
KINDS = {":directories": "DIR", ":files": "FILE FILE|SIZE MAP ORIGINAL KEY", "x64": "CPU CPU,...", "high": "P", "kernel": "WHO",
         "vmlinux": "F", "no": "FORM", None: "N SIZE TEXT TOKEN"}


def each_value_is_of_its_kind():
    """Each name that a help has for a value is known to the completion, and begins what is offered"""
    kind = {name: first for first, names in KINDS.items() for name in names.split()}
    seen = set()
    for command in commands():
        for option, name in re.findall(r"^  (?:.*, )?(--?[a-z][a-z0-9-]*) (\S+)", Ran(command, "--help").expect(0).out, re.M):
            expect(name in kind, f"berth {command} {option}: the help says {name}, which no line here explains")
            said = Ran("--complete", command, option, "").expect(0).out.splitlines()
            expect((said[0] if said else None) == kind[name], f"berth {command} {option} {name}: {said}")
            seen.add(name)
    expect(seen == set(kind), f"no help has {set(kind) - seen}")


def values_are_those_that_are_taken():
    """What they offer for a value is all that the command takes by a name, and each is taken"""
    words = {"plan": ("--placement", {"high", "low", "preferred", "random"}), "prepare": ("--format", {"vmlinux", "lz4", "zstd"})}
    for command, (option, wanted) in words.items():
        expect(offered(command, option, "") == wanted, offered(command, option, ""))
        none = "/nonexistent/kernel"
        for word in sorted(wanted):
            ran = Ran(command, none, option, word, *(("--memmap", none) if command == "plan" else ()))
            expect(none in ran.err and "takes" not in ran.err, f"{command} {option} {word}: {ran.err}")
    expect(offered("plan", "--decompress", "") == {"kernel", "loader"}, offered("plan", "--decompress", ""))
    expect(offered("kernel", "") == {"add", "adopt", "remove"}, offered("kernel", ""))
    for token in ("--token=a", "--token=a=b", "--token=a@b", "--token=a=@=b"):
        expect(offered("kernel", token, "") == {"add", "adopt", "remove"}, f"{token}: {offered('kernel', token, '')}")
    expect(offered("kernel", "add", "6.1", "/boot/vmlinuz", "--prepare", "") == {"no", "vmlinux", "lz4", "zstd"}, "kernel --prepare")
    files = subprocess.run([os.path.join(ROOT, "scripts/machines")], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    machines = {re.search(r"BOOT(\w+)\.EFI", line)[1].lower() for line in files}
    for command in ("check", "measure", "sums"):
        expect(offered(command, "--arch", "") == machines, offered(command, "--arch", ""))
    expect(offered("install", "--arch", "") == machines | {"all"}, offered("install", "--arch", ""))
    expect(offered("sums", "--version", "") == set(), "a number is completed")


def rules_and_entries_are_found():
    """Behind `rules` they offer rules, behind `measure` and `sums` entries of the partition that is named, but no shell's words"""
    put("linux /vmlinuz\n", "esp/loader/entries/debian-6.1.conf")
    put("linux /vmlinuz\n", "esp/loader/entries/$(touch owned).conf")
    put("linux /vmlinuz\n", "esp/loader/entries/debian@rescue.conf")
    put("", "esp/vmlinuz")
    known = set(re.findall(r'"id": "(\w+)"', Ran("rules", "--json").expect(0).out))
    expect(len(known) > 20 and offered("rules", "") == known, offered("rules", ""))
    for command in ("measure", "sums"):
        expect(offered(command, "--esp", "esp", "") == {"debian-6.1.conf", "debian@rescue.conf"}, offered(command, "--esp", "esp", ""))
        for begun in ("debian@", "debian@re"):
            expect(offered(command, "--esp=esp", begun) == {"debian@rescue.conf"}, offered(command, "--esp=esp", begun))
    expect(not os.path.exists(at("owned")), "an entry's name was run")


def files_and_folders_are_offered():
    """Files where the help says FILE, MAP or KERNEL, folders where it says DIR; behind = as well"""
    put("", "place/map.txt")
    put("", "place/mapped/file")
    put("", "place/at@home=x/map")

    def names(*words):
        return {word.rstrip("/").split("/")[-1].split("=")[-1] for word in offered_files(*words)}
    expect(names("plan", "--memmap", "place/ma") == {"map.txt", "mapped"}, names("plan", "--memmap", "place/ma"))
    expect(names("inspect", "place/ma") == {"map.txt", "mapped"}, names("inspect", "place/ma"))
    expect(names("check", "--esp", "place/ma") == {"mapped"}, names("check", "--esp", "place/ma"))
    expect(names("plan", "--memmap=place/ma") == {"map.txt", "mapped"}, names("plan", "--memmap=place/ma"))
    for begun, wanted in (("place/at@", {"x"}), ("place/at@ho", {"x"}), ("place/at@home=x/m", {"map"})):  # behind the last = of the name
        for words in (("--memmap", begun), (f"--memmap={begun}",)):
            expect(names("plan", *words) == wanted, f"{words}: {names('plan', *words)}")
    expect(names("plan", "--placement=ra") == {"random"}, names("plan", "--placement=ra"))


def offered_files(*words):
    """zsh tells the last part of a path alone, others mark folders; so each is asked, and their ends compared."""
    said = {name: frozenset(word.rstrip("/").split("/")[-1].split("=")[-1] for word in ask(*words)) for name, ask in SHELLS.items()}
    expect(len(set(said.values())) == 1, f"berth {' '.join(words)}: {said}")
    return said["bash"]


if __name__ == "__main__":
    with FOLDER:
        zsh = Zsh()
        SHELLS.update(bash=in_bash, zsh=zsh, fish=in_fish)
        try:
            run_tests([commands_are_those_of_the_help, options_are_those_of_the_help, each_value_is_of_its_kind, values_are_those_that_are_taken,
                       rules_and_entries_are_found, files_and_folders_are_offered])
        finally:
            zsh.close()
