#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""docs/troubleshooting.md quotes what is printed: each of its lines is a text of the sources, with values in its places.

Without that a message that is worded anew would leave behind a page on which nobody finds what the screen shows.
"""
import os
import re

from tap import ROOT, Ran, expect, run_tests

PAGE = os.path.join(ROOT, "docs", "troubleshooting.md")
ROOMS = ("base", "plan", "codecs", "config", "protocol", "kernel", "arch", "policy", "loader", "efi", "install", "tools")
LEAST = 6  # letters of its own that a text has to have: "%s: %s" would be found in every line
LITERAL = r'"(?:[^"\\\n]|\\.)*"'
CONVERSION = re.compile(r"%(?:[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?([a-zA-Z%])|$)")
PLAIN = {"n": "\n", "t": "\t", "r": "\r"}


def comments_taken(text):
    """Without comments, where a line could stand that nothing prints."""
    return re.sub(rf"({LITERAL})|/\*.*?\*/", lambda m: m[1] or " ", text, flags=re.S)


def unescaped(literal):
    return re.sub(r"\\(.)", lambda m: PLAIN.get(m[1], m[1]), literal[1:-1])


def texts(source, macros):
    """What the compiler joins: literals with blanks or macros between them. A macro not of @macros is part of a conversion."""
    for found in re.finditer(rf"(?:[A-Z_0-9]+\s*)?{LITERAL}(?:\s*(?:[A-Z][A-Za-z_0-9]*\s*)?{LITERAL})*(?:\s*[A-Z][A-Za-z_0-9]+\b)?", source):
        words = re.findall(rf"({LITERAL})|([A-Z][A-Za-z_0-9]*)", found[0])
        joined = ""
        for literal, macro in words:
            if literal:
                joined += unescaped(literal)
            elif macro.startswith("PRI"):
                joined += "d" if re.search(r"%[-+ #0\d.]*$", joined) else ""
            else:
                joined += macros.get(macro, "")
        yield joined


def sources():
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(ROOT, room)):
            for name in names:
                if name.endswith((".c", ".h", ".def")):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        yield comments_taken(file.read()).replace("\\\n", " ")


def patterns():
    """The regular expression of each line that some text prints, of those with enough letters of their own."""
    files = list(sources())
    macros = {name: unescaped(text) for source in files for name, text in re.findall(rf"^#define\s+(\w+)\s+({LITERAL})\s*$", source, re.M)}
    found = {line for source in files for text in texts(source, macros) for line in text.strip("\r\n").split("\n")}
    for line in sorted(found):
        own = CONVERSION.sub("", line)
        if sum(c.isalpha() for c in own) >= LEAST:
            parts = CONVERSION.split(line)
            yield re.compile("".join(re.escape(part) if n % 2 == 0 else ("%" if part == "%" else "(.*?)") for n, part in enumerate(parts)))


KNOWN = list(patterns())


def is_printed(line):
    """A value with a colon in it is a message of its own, as after `is passed over:`, and held against the texts in turn."""
    for text in {line, line.removeprefix("berth: ")}:
        for pattern in KNOWN:
            found = pattern.fullmatch(text)
            if found and all(": " not in value or is_printed(value) for value in found.groups() if value):
                return True
    return False


def quoted():
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    lines = [line for block in re.findall(r"^```message\n(.*?)^```$", page, re.M | re.S) for line in block.splitlines()]
    return page, lines


def every_message_is_printed():
    """Each line that the page quotes is one that the sources print"""
    _, lines = quoted()
    expect(len(lines) > 40, f"{len(lines)} lines were found in {PAGE}")
    missing = [line for line in lines if not is_printed(line)]
    expect(not missing, "no source prints these lines of docs/troubleshooting.md:\n" + "\n".join(missing))


def a_message_worded_otherwise_is_missed():
    """A line with one word exchanged, or of a comment, is not taken for one that is printed"""
    _, lines = quoted()
    for line in lines:
        words = [word for word in re.findall(r"[a-z]{4,}", line.removeprefix("berth: ")) if word not in ("debian", "vmlinuz")]
        others = [line.replace(word, "qqqqq", 1) for word in words]
        # A value may be any word; not all words of a line are values.
        expect(not all(is_printed(other) for other in others), f"any words would do for: {line}")
    expect(not is_printed("berth: Chooses a place for every request"), "a comment counts as a text")


def commands_are_there():
    """Each command of berth that the page names is one"""
    page, _ = quoted()
    for command in sorted(set(re.findall(r"`berth ([a-z]+)\b", page))):
        Ran(command, "--help").expect(0)


def every_link_leads_somewhere():
    """Files and sections that the page links to are there"""
    page, _ = quoted()
    for name, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", page):
        target = os.path.normpath(os.path.join(ROOT, "docs", name)) if name else PAGE
        expect(os.path.exists(target), f"{name} is not there")
        with open(target, encoding="utf-8") as file:
            heads = [re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.*)$", file.read(), re.M)]
        expect(not anchor or anchor in heads, f"{name}#{anchor}: {heads}")


run_tests([every_message_is_printed, a_message_worded_otherwise_is_missed, commands_are_there, every_link_leads_somewhere])
