#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The picture and the page of a plan say what its text and its JSON say, on many maps and for every CPU.

tests/tools/test_picture.py --print writes docs/memory.svg to standard output; scripts/check compares them.
"""
import html.parser
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

from tap import BERTH, Ran, expect, run_tests
from test_corpus import DEBIAN, MAPS, Kernel
from test_inspect import arm64, riscv

FOLDER = tempfile.TemporaryDirectory()
I386 = Kernel("i386", init_size=17 << 20, align=16 << 20, least=13, xload=0)
MAPS_SHOWN = ("ovmf-2022.11-6g.log", "ovmf-2022.11-2g.log", "terabytes-80.map", "above-64t-alone.map", "numa-holes.map",
              "fragments-between-gib-pages.map", "mirrored-too-small.map", "boot-services-everywhere.map")
WISHES = ((), ("--initrd", "48M"), ("--initrd", "3G"), ("--placement", "0x1000000", "--initrd", "48M"))


def path_of(name):
    return os.path.join(FOLDER.name, name)


def write(name, data):
    with open(path_of(name), "wb") as file:
        file.write(data)
    return path_of(name)


def read(name):
    with open(path_of(name), encoding="utf-8", errors="strict") as file:
        return file.read()


class Drawn:
    """One plan as JSON, as text, and as picture and page, which have what was refused without being asked for it."""

    def __init__(self, *words):
        ran = Ran(*words, "--json", "--explain")
        self.told = json.loads(ran.out)
        self.text = Ran(*words, "--explain").expect(ran.status).out
        Ran(*words, "--svg", path_of("x.svg"), "--html", path_of("x.html")).expect(ran.status)
        self.svg, self.page = read("x.svg"), read("x.html")
        self.picture, self.tree = tree.fromstring(self.svg), tree.fromstring(self.page)
        self.words = [t.text or "" for t in self.picture.findall(".//{*}text")]

    def rows(self, start):
        """{id: its cells} of the page's rows whose ids are @start and a number."""
        rows = {row.get("id"): ["".join(cell.itertext()) for cell in row] for row in self.tree.iter("tr") if row.get("id")}
        return {name: cells for name, cells in rows.items() if re.fullmatch(start + r"\d+", name)}


def span(what):
    return f"{what['address']:#x}-{what['address'] + what['size']:#x}"


def is_told(what, drawn):
    """Every placement, copy, refusal and piece of JSON is in picture and page, with the same numbers and rule."""
    parts = drawn.rows("p")
    for p in drawn.told["placements"]:
        label = next((i for i, w in enumerate(drawn.words) if w.startswith(span(p) + "  align ")), None)
        expect(label is not None and drawn.words[label - 3] == p["rule"] and drawn.words[label - 2] == p["name"],
               f"{what}: {p} has no label")
        expect(any(c[0] == p["name"] and [int(n, 16) for n in c[1:3]] == [p["address"], p["address"] + p["size"]] and
                   c[5] == p["rule"] for c in parts.values()), f"{what}: {p} has no row: {parts}")
        expect(f"placed\" data-start=\"{p['address']:#x}\"" in drawn.svg, f"{what}: {p} is not in the strip")
    names = {c[0] for c in parts.values()}
    expect(names - {"kernel until exit"} == {p["name"] for p in drawn.told["placements"]}, f"{what}: {names}")
    expect(("kernel until exit" in names) == bool(drawn.told["copies"]), f"{what}: {drawn.told['copies']}")
    for c in drawn.told["copies"][:4]:
        expect(f"{c['from']:#x}-{c['from'] + c['size']:#x}  to {c['to']:#x}" in drawn.words, f"{what}: {c} is not drawn")
    refused = {(r["name"], span(r), r["rule"]) for r in drawn.told["refused"]}
    rows = drawn.rows("r")
    expect(len(rows) == min(len(refused), 20), f"{what}: {len(refused)} refused, {len(rows)} rows")
    for row in rows.values():
        expect((re.sub(r"^\d+", "", row[0]), f"{row[1]}-{row[2]}", row[5]) in refused, f"{what}: {row} was not refused")
    for name, run, rule in refused:
        at = [i for i, w in enumerate(drawn.words) if w == run and drawn.words[i - 1] == name]
        expect(any(drawn.words[i + 2] == rule for i in at) or len(refused) > 20, f"{what}: {name} in {run}: {rule} is not drawn")


def rules_are_told(what, drawn):
    used = {p["rule"] for p in drawn.told["placements"]} | {r["rule"] for r in drawn.told["refused"]} | \
        ({drawn.told["rule"]} if not drawn.told["possible"] else set()) - {""}
    for rule in RULES:
        there = rule["source"] in drawn.page and rule["sentence"] in " ".join(drawn.tree.itertext())
        expect(there or rule["id"] not in used, f"{what}: {rule['id']} is not explained in the page")
        expect(rule["source"].split(";")[0].split(",")[0] in drawn.svg or rule["id"] not in used,
               f"{what}: {rule['id']} has no source in the picture")


def pieces_fill_the_block(what, drawn):
    pieces = drawn.told.get("handoff", [])
    block = next((p for p in drawn.told["placements"] if p["name"] == "handoff"), None)
    expect(bool(pieces) == drawn.told["possible"], f"{what}: {pieces}")
    for a, b in itertools.pairwise(pieces):
        expect(a["address"] + a["size"] == b["address"] and a["size"] > 0, f"{what}: {a} does not end where {b} begins")
    if pieces:
        expect(pieces[0]["address"] - block["address"] < 4096 and
               block["size"] - 4096 < pieces[-1]["address"] + pieces[-1]["size"] - block["address"] <= block["size"],
               f"{what}: {pieces} are not all of {block}")
    for piece in pieces:
        expect(f"{piece['address']:#x}" in drawn.words and piece["name"] in drawn.words, f"{what}: {piece} is not drawn")


def check(what, *words):
    drawn = Drawn(*words)
    is_told(what, drawn)
    rules_are_told(what, drawn)
    pieces_fill_the_block(what, drawn)
    expect(drawn.tree.findall(".//pre[@class='text']")[0].text == drawn.text, f"{what}: the page has another text")
    if not drawn.told["possible"]:
        expect(drawn.told["reason"].splitlines()[0] in drawn.words and drawn.told["reason"] in drawn.page, f"{what}: no reason")
    return drawn


RULES = json.loads(Ran("rules", "--json").expect(0).out)


def every_map_and_wish_is_drawn_as_it_is_planned():
    """On eight maps, with four wishes each: every part, copy and refusal of the JSON is in picture and page"""
    kinds = set()
    for name, wish in itertools.product(MAPS_SHOWN, WISHES):
        drawn = check(f"{name} {wish}", "plan", path_of("debian"), "--memmap", os.path.join(MAPS, name), *wish)
        kinds |= {"copies"} if drawn.told["copies"] else set()
        kinds |= {"refused"} if drawn.told["refused"] else set()
        kinds |= {"possible"} if drawn.told["possible"] else {"impossible"}
    expect(kinds == {"copies", "refused", "possible", "impossible"}, f"only {kinds} were tried")


def every_cpu_is_drawn():
    """Kernels for x86-64, i386, arm64 and RISC-V, and x86-64 in firmware of 32 bits: what each is handed is listed"""
    memory = write("map.txt", b"1M-3G free\n4G-6G free\n")
    narrow = write("narrow.log", b"berth: facts descriptors 2 size 48 room 34 bits 32 levels 4 gib-pages 1 seed 1 entropy 0x0\n"
                   b"berth: memory 0x100000-0xc0000000 type 7 attribute 0xf free\n")
    for kernel, where, first in (("debian", memory, "boot_params"), ("i386", memory, "boot_params"),
                                 ("debian", narrow, "boot_params"), ("arm64", memory, "device tree"),
                                 ("riscv", memory, "device tree")):
        drawn = check(f"{kernel} on {where}", "plan", path_of(kernel), "--memmap", where, "--initrd", "10M", "--cmdline", "quiet")
        expect(drawn.told["possible"] and drawn.told["handoff"][0]["name"] == first, f"{kernel}: {drawn.told}")


def a_log_is_drawn_as_it_is_explained():
    """berth explain --svg and --html: the places of the log, without pieces, which no log tells"""
    log = write("console.log", b"berth: facts descriptors 2 size 48 room 34 levels 4 gib-pages 1 seed 1 entropy 0x0\n"
                b"berth: memory 0x100000-0xc0000000 type 7 attribute 0xf free\n"
                b"berth: refuse kernel in 0x100000-0x200000 (1.0 MiB) for the lowest from 0x0 align 0x200000: rule C1\n"
                b"berth: place kernel 0x1000000 size 0x3378000 align 0x200000 rule C5\n")
    drawn = Drawn("explain", log)
    is_told("a log", drawn)
    expect("In the handoff block" not in drawn.words and "handoff" not in drawn.told, f"{drawn.told}")


class Nesting(html.parser.HTMLParser):
    """HTML as a browser reads it: what is open, and which scripts and handlers there are."""

    VOID = {"meta"}

    def __init__(self, text):
        super().__init__()
        self.open, self.scripts, self.outside = [], 0, []
        self.feed(text)
        self.close()
        expect(not self.open, f"not closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.outside += [(tag, n, v) for n, v in attrs if n.startswith("on") or n in ("src", "style") or
                         (n in ("href", "xlink:href") and not v.startswith("#"))]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        expect(self.open and self.open.pop() == tag, f"</{tag}> closes another element")


def hostile_names_are_only_text():
    """Files named in markup, quotes, control bytes and bytes that are no UTF-8: XML, one script, no handler, no address"""
    names = (b"<script>alert(1)<", b"\"onload='x' ]]>&amp;<![CDATA[", b"\x1b[31m\x01\x7f\xff\xfe\xc3(", b"--><svg onload=alert(1)>",
             b"\xe2\x80\xaetxt.exe\xe2\x81\xa6", b"{}/*`${alert(1)}`*\\")
    for name in names:
        name = name.replace(b"/", b"")
        path = os.path.join(os.fsencode(FOLDER.name), name)
        os.link(path_of("debian"), path)
        with open(path + b".map", "wb") as file:
            file.write(b"1M-3G free\n")
        drawn = Drawn("plan", os.fsdecode(path), "--memmap", os.fsdecode(path + b".map"))
        shown = "".join(drawn.words[:2])
        for text in (drawn.svg, drawn.page):
            expect(not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", text), f"{name}: a character that commands")
            expect("onload='" not in text.split("<script>")[0] and "<script>alert" not in text, f"{name} is markup")
        printable = re.sub(rb"[^ -~]+.*", b"", name).decode()
        expect(printable in shown.replace("\n", ""), f"{name} is not shown: {shown}")
        nesting = Nesting(drawn.page)
        expect(nesting.scripts == 1 and not nesting.outside, f"{name}: {nesting.scripts} scripts, {nesting.outside}")


def the_same_plan_is_the_same_bytes():
    """Two runs write the same bytes"""
    words = ("plan", path_of("debian"), "--memmap", os.path.join(MAPS, "ovmf-2022.11-6g.log"))
    first, again = Drawn(*words), Drawn(*words)
    expect((first.svg, first.page) == (again.svg, again.page), "two runs wrote different bytes")


def files_that_cannot_be_written_are_status_2():
    """--html without a value, or to where nothing can be written: status 2, and the name"""
    words = ("plan", path_of("debian"), "--memmap", os.path.join(MAPS, "ovmf-2022.11-6g.log"))
    Ran(*words, "--html").expect(2, "--html needs a value")
    Ran(*words, "--html", "/nonexistent/x.html").expect(2, "/nonexistent/x.html")
    Ran(*words, "--svg", "/dev/full").expect(2, "/dev/full: not all")
    Ran(*words, "--html", "/dev/full").expect(2, "/dev/full: not all")


def luminance(colour):
    """WCAG 2.1, relative luminance."""
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a, b):
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def colours(style):
    """{class: the colour that it fills with, or else draws lines in}"""
    found = {}
    for names, body in re.findall(r"([^{}]+)\{([^{}]*)\}", style):
        colour = re.search(r"fill:(#[0-9a-f]{6})", body) or re.search(r"stroke:(#[0-9a-f]{6})", body)
        found.update({name.strip().lstrip("."): colour[1] for name in names.split(",") if colour and " " not in name})
    return found


def words_stand_out_from_what_they_stand_on():
    """Every text of the picture has a contrast of 4.5 to 1 on every colour that it may stand on, in light and in dark"""
    style = Drawn("plan", path_of("debian"), "--memmap", os.path.join(MAPS, "ovmf-2022.11-6g.log")).picture.find("{*}style").text
    light, dark = style.split("@media screen and (prefers-color-scheme:dark){")
    for name, found in (("light", colours(light)), ("dark", {**colours(light), **colours(dark)})):
        blocks = [c for c in found if re.fullmatch(r"part\d(-[ab])?", c)]
        others = {"sans", "mono", "dim", "white", "limit", "limit-line", "box", "mark", "paper", "edge", "tick", "tear"}
        kinds = [c for c in found if c not in blocks and c not in others and not c.startswith("lead")]
        expect(len(blocks) >= 6 and len(kinds) >= 13, f"{name}: {blocks}, {kinds}")
        pairs = [("white", b) for b in blocks] + [("sans", k) for k in kinds] + \
            [(ink, "paper") for ink in ("sans", "mono", "dim", "limit")] + [("dim", "hole"), ("mono", "box"), ("limit", "mark")]
        for ink, ground in pairs:
            ratio = contrast(found[ink], found[ground])
            expect(ratio >= 4.5, f"{name}: .{ink} {found[ink]} on .{ground} {found[ground]} has a contrast of {ratio:.2f}")


def documented():
    """docs/memory.svg: Debian 12's cloud kernel, by its header, on a machine with 6 GiB."""
    os.rename(path_of("debian"), path_of("vmlinuz-6.1"))
    with open(os.path.join(MAPS, "ovmf-2022.11-6g.log"), "rb") as file:
        write("berth.log", file.read())
    subprocess.run([os.path.abspath(BERTH), "plan", "vmlinuz-6.1", "--initrd", "48M", "--memmap", "berth.log", "--svg", "x.svg"],
                   cwd=FOLDER.name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    sys.stdout.write(read("x.svg"))


def main():
    DEBIAN.write(FOLDER.name)
    I386.write(FOLDER.name)
    write("arm64", arm64())
    write("riscv", riscv())
    if sys.argv[1:] == ["--print"]:
        documented()
        return
    run_tests([every_map_and_wish_is_drawn_as_it_is_planned, every_cpu_is_drawn, a_log_is_drawn_as_it_is_explained,
               hostile_names_are_only_text, the_same_plan_is_the_same_bytes, files_that_cannot_be_written_are_status_2,
               words_stand_out_from_what_they_stand_on])


if __name__ == "__main__":
    main()
