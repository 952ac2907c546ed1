#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""berth prepare makes of a kernel the file that its decompressor would have made, says what of, and refuses all else.

Debian's kernel is held against what the system's tools make of its payload; small ones are built here by the
specifications.
"""
import gzip
import hashlib
import json
import os
import re
import struct
import subprocess
import tempfile

from tap import ROOT, Ran, expect, run_tests

FOLDER = tempfile.TemporaryDirectory()
LINKED = 0xffffffff81000000
PT_LOAD, PT_NOTE = 1, 4


def path_of(name):
    return os.path.join(FOLDER.name, name)


def written(name, data):
    os.makedirs(os.path.dirname(path_of(name)), exist_ok=True)
    with open(path_of(name), "wb") as file:
        file.write(data)
    return path_of(name)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def piped(data, *words):
    return subprocess.run(words, input=data, stdout=subprocess.PIPE, check=True).stdout


# ---- kernels ----


def note(owner, kind, value):
    owner = owner.encode() + b"\0"
    return struct.pack("<III", len(owner), len(value), kind) + owner + bytes(-len(owner) % 4) + value + bytes(-len(value) % 4)


def program_header(kind, offset, vaddr, paddr, filesz, memsz, align):
    return struct.pack("<IIQQQQQQ", kind, 7, offset, vaddr, paddr, filesz, memsz, align)


def vmlinux(entry=0x1000040, extra=b""):
    """Two segments, the second with more memory than file, and a note in the first."""
    notes = note("Linux", 0x100, b"\1\0\0\0") + note("GNU", 3, bytes(range(20)))
    headers = [program_header(PT_LOAD, 0x1000, LINKED, 0x1000000, 0x800, 0x800, 0x200000),
               program_header(PT_LOAD, 0x2000, LINKED + 0x1000, 0x1001000, 0x900, 0x3000, 0x1000),
               program_header(PT_NOTE, 0x1100, LINKED + 0x100, 0x1000100, len(notes), len(notes), 4)]
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, entry, 64, 0, 0, 64, 56, len(headers), 0, 0, 0)
    file = bytearray((head + b"".join(headers)).ljust(0x2900, b"\0"))
    for at in range(0x1000, 0x2900):
        file[at] = at * 7 % 251
    file[0x1100:0x1100 + len(notes)] = notes
    struct.pack_into("<Q", file, 0x1200, LINKED + 0x40)
    struct.pack_into("<I", file, 0x2300, 0x81001300)
    return bytes(file) + extra


TABLE = struct.pack("<IIII", 0, 0x81000200, 0, 0x81001300)


def bzimage(image, packer=("lz4", "-l", "-q", "-c"), flags=0x7f):
    """Protocol 2.15, with @image as its payload."""
    packed = piped(image, *packer)
    payload = packed + (b"" if packer[0] == "gzip" else struct.pack("<I", len(image)))
    head = bytearray(40 * 512)
    body = payload + bytes(512 - len(payload) % 16)
    for offset, form, value in ((0x1f1, "<B", 39), (0x1f4, "<I", len(body) // 16), (0x1fe, "<H", 0xaa55), (0x200, "<H", 0x6aeb),
                                (0x202, "<4s", b"HdrS"), (0x206, "<H", 0x20f), (0x211, "<B", 1), (0x22c, "<I", 0x7fffffff),
                                (0x230, "<I", 0x200000), (0x234, "<B", 1), (0x235, "<B", 21), (0x236, "<H", flags),
                                (0x238, "<I", 2047), (0x24c, "<I", len(payload)), (0x258, "<Q", 0x1000000),
                                (0x260, "<I", 0x800000)):
        struct.pack_into(form, head, offset, value)
    return bytes(head) + body


def arm64(size=0x4321):
    head = struct.pack("<IIQQQQQQ4sI", 0x91005a4d, 0x1400000, 0, 0x100000, 0xa, 0, 0, 0, b"ARM\x64", 0)
    return head + bytes(i * 5 % 253 for i in range(size - len(head)))


def riscv(size=0x4321):
    head = struct.pack("<IIQQQIIQ8s4sI", 0x5a4d, 0x106f, 0x200000, 0x100000, 0, 2, 0, 0, b"RISCV\0\0\0", b"RSC\x05", 0)
    return head + bytes(i * 3 % 251 for i in range(size - len(head)))


def zboot(image):
    payload = gzip.compress(image)
    head = bytearray(512)
    struct.pack_into("<2sH4sII", head, 0, b"MZ", 0, b"zimg", 512, len(payload))
    head[0x18:0x1c] = b"gzip"
    return bytes(head) + payload


# ---- what an ELF file has, read here ----


def loads(file):
    """(p_paddr, bytes, p_memsz, p_vaddr) of each PT_LOAD."""
    at, size, count = (struct.unpack_from(form, file, offset)[0] for form, offset in (("<Q", 32), ("<H", 54), ("<H", 56)))
    for n in range(count):
        kind, _, offset, vaddr, paddr, filesz, memsz, _ = struct.unpack_from("<IIQQQQQQ", file, at + n * size)
        if kind == PT_LOAD:
            yield paddr, file[offset:offset + filesz], memsz, vaddr


def end_of_loads(file):
    at, count = struct.unpack_from("<Q", file, 32)[0], struct.unpack_from("<H", file, 56)[0]
    ends = [sum(struct.unpack_from("<Q", file, at + 56 * n + field)[0] for field in (8, 32)) for n in range(count)]
    return max(ends)


def memory(file):
    """(lowest p_paddr, its p_vaddr, all that the file has as it lies in memory, bytes of memory)."""
    parts = sorted(loads(file))
    start, data = parts[0][0], bytearray()
    for at, piece, _, _ in parts:
        if piece:
            data += bytes(at - start - len(data)) + piece
    return start, parts[0][3], bytes(data), parts[-1][0] + parts[-1][2] - start


def expect_same_kernel(prepared, image, table):
    expect(memory(prepared) == memory(image), "the kernels differ")
    expect(len(list(loads(prepared))) == 1, "it is read in several runs")
    expect(prepared[24:32] == image[24:32], "the entry differs")
    expect(prepared[end_of_loads(prepared):] == table, "what stands behind the ELF file is not the table")


def told(path):
    return json.loads(Ran("inspect", "--json", path).expect(0).out)


def prepare(path, *words, out="out"):
    ran = Ran("prepare", path, "-o", path_of(out), *words, timeout=300).expect(0)
    return read(path_of(out)), ran


# ---- tests ----


def debians_kernel():
    """Debian's bzImage: what it puts into memory, the table and the notes are those of its payload; readelf reads what was made"""
    folder = subprocess.run([os.path.join(ROOT, "scripts", "fetch"), "kernel"], stdout=subprocess.PIPE, check=True, text=True)
    kernel = os.path.join(folder.stdout.strip(), "vmlinuz")
    data = read(kernel)
    start = (data[0x1f1] + 1) * 512 + struct.unpack_from("<I", data, 0x248)[0]
    image = piped(data[start:start + struct.unpack_from("<I", data, 0x24c)[0] - 4], "lz4", "-d", "-q", "-c")
    table = image[struct.unpack_from("<Q", image, 40)[0] + 64 * struct.unpack_from("<H", image, 60)[0]:]
    made, ran = prepare(kernel)
    expect_same_kernel(made, image, table)
    fields = len(table) // 4 - table.count(bytes(4))
    expect(re.search(rf"relocations +{fields}\b", ran.out) and "more" in ran.out, ran.out)
    millions = len(image) // 1000000 * 175 // 100
    expect(f"{len(image) * 10 // (1 << 20) / 10} MiB by LZ4 (legacy), at every boot: some {millions} million" in ran.out, ran.out)
    lines = subprocess.run(["readelf", "-lnW", path_of("out")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    expect("Warning" not in lines.stdout and "Build ID" in lines.stdout and "Berth" in lines.stdout, lines.stdout)
    answer = told(path_of("out"))
    expect(answer["bootable"] and answer["prepared"] == {
        "original": "vmlinuz", "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "table_size": len(table)}, f"{answer}")
    Ran("inspect", "--against", kernel, path_of("out")).expect(0, f"and {kernel} is that file")
    plan = json.loads(Ran("plan", path_of("out"), "--memmap", "-", "--entropy", "12345", "--json",
                          stdin=b"1M-3G free\n4G-6G free\n").expect(0).out)
    expect(plan["placements"][0]["rule"] == "C12", f"it is not placed at random: {plan}")


def each_packing_of_a_payload():
    """A payload in LZ4, gzip, xz and zstd becomes the same file, and the record tells which original"""
    for packer in (("lz4", "-l", "-q", "-c"), ("gzip", "-c"), ("xz", "--check=crc32", "-c"), ("zstd", "-q", "-c")):
        original = bzimage(vmlinux(extra=TABLE), packer)
        made, ran = prepare(written("kernel", original))
        expect_same_kernel(made, vmlinux(), TABLE)
        Ran("inspect", "--against", path_of("kernel"), path_of("out")).expect(0, hashlib.sha256(original).hexdigest())
        expect("Berth puts it at random" in ran.out and "not unpacked" in ran.out, ran.out)


def packed_anew():
    """--format lz4 and zstd: the system's tools unpack them to what is made without; Berth boots them; the record is there"""
    kernel = written("kernel", bzimage(vmlinux(extra=TABLE)))
    plain, _ = prepare(kernel)
    for form, words in (("lz4", ("lz4", "-d", "-q", "-c")), ("zstd", ("zstd", "-d", "-q", "-c"))):
        made, _ = prepare(kernel, "--format", form)
        expect(piped(made, *words) == plain, f"{form} unpacks to something else")
        answer = told(path_of("out"))
        expect(answer["bootable"] and answer["prepared"]["original"] == "kernel", f"{answer}")
        Ran("inspect", f"--against={kernel}", path_of("out")).expect(0, "is that file")


def more_than_one_block_of_lz4():
    """A kernel of 19 MB: three blocks of LZ4, of 8 MiB but the last"""
    image = bytearray(vmlinux())
    extra = bytes(i * i % 255 for i in range(100000)) * 190
    struct.pack_into("<QQ", image, 64 + 56 + 32, 0x900 + len(extra), 0x3000 + len(extra))
    made, _ = prepare(written("kernel", bzimage(bytes(image) + extra + TABLE)), "--format", "lz4")
    at, sizes = 4, []
    while at < len(made):
        sizes.append(struct.unpack_from("<I", made, at)[0])
        at += 4 + sizes[-1]
    expect(made[:4] == b"\x02\x21\x4c\x18" and len(sizes) == 3 and at == len(made), f"{sizes}")
    expect_same_kernel(piped(made, "lz4", "-d", "-q", "-c"), bytes(image) + extra, TABLE)


def vmlinux_itself():
    """A vmlinux with its table beside it becomes one file; compressed too; without a table it says so and stays as linked"""
    kernel = written("vmlinux", vmlinux())
    made, ran = prepare(kernel)
    expect_same_kernel(made, vmlinux(), b"")
    expect("no relocation table" in ran.out and "RANDOMIZE_BASE" in ran.out, ran.out)
    written("vmlinux.relocs", TABLE)
    expect_same_kernel(prepare(kernel)[0], vmlinux(), TABLE)
    written("vmlinux.gz.relocs", TABLE)
    expect_same_kernel(prepare(written("vmlinux.gz", gzip.compress(vmlinux())))[0], vmlinux(), TABLE)
    written("vmlinux.relocs", b"")
    Ran("prepare", kernel, "-o", path_of("bad")).expect(2, "0 bytes cannot be a relocation table")
    written("vmlinux.relocs", TABLE[4:])
    Ran("prepare", kernel, "-o", path_of("bad")).expect(2, "vmlinux: relocation table: unterminated")
    expect(not os.path.exists(path_of("bad")), "a file was left")


def flat_images():
    """arm64 and RISC-V: Image.gz, EFI zboot and Image become the Image with a record behind it, which other loaders pass over"""
    for make, cpu in ((arm64, "arm64"), (riscv, "RISC-V")):
        for size in (0x4320, 0x4321):
            image = make(size)
            for original in (gzip.compress(image), zboot(image), image):
                kernel = written("Image", original)
                made, ran = prepare(kernel)
                expect(made[:size] == image and len(made) % 8 == 0 and made.endswith(b"BerthEnd"), f"{cpu}: {len(made)} bytes")
                expect(cpu in ran.out and "relocation" not in ran.out, ran.out)
                answer = told(path_of("out"))
                expect(answer["bootable"] and answer["prepared"]["sha256"] == hashlib.sha256(original).hexdigest(), f"{answer}")
                made, _ = prepare(kernel, "--format", "lz4")
                Ran("inspect", "--against", kernel, path_of("out")).expect(0, "is that file")
    # Signed afterwards: something stands behind the record.
    written("out", prepare(kernel)[0] + bytes(2000))
    Ran("inspect", "--against", kernel, path_of("out")).expect(0, "is that file")


def of_another_original():
    """--against another file: status 1 and which differs; under another name: still that file; of one not prepared: status 1"""
    original = bzimage(vmlinux(extra=TABLE))
    kernel = written("kernel", original)
    prepare(kernel)
    Ran("inspect", "--against", written("renamed", original), path_of("out")).expect(0, "is that file under another name")
    Ran("inspect", "--against", written("longer", original + b"x"), path_of("out")).expect(
        1, f"prepared from a file of {len(original)} bytes", f"has {len(original) + 1}", "try: berth prepare")
    Ran("inspect", "--against", written("other", original[:-1] + b"x"), path_of("out")).expect(1, "from another file", "same size")
    Ran("inspect", "--against", kernel, kernel).expect(1, "was not prepared by Berth")
    Ran("inspect", "--against", kernel, written("text", b"no kernel")).expect(2, "not a kernel")
    Ran("inspect", "--against", path_of("nowhere"), path_of("out")).expect(1, "No such file")
    answer = json.loads(Ran("inspect", "--json", "--against", path_of("other"), path_of("out")).expect(1).out)
    expect(answer["matches"] is False, f"{answer}")
    expect(json.loads(Ran("inspect", "--json", "--against", kernel, path_of("out")).expect(0).out)["matches"] is True, "no match")
    Ran("inspect", path_of("out"), "--against").expect(2, "--against needs a value")


def what_check_says():
    """berth check: from what a kernel was prepared; that the one beside it is another by now; that it was cut"""
    esp = path_of("esp")
    original = bzimage(vmlinux(extra=TABLE))
    written("esp/loader/entries/a.conf", b"title A\nlinux /debian/vmlinuz.berth\n")
    kernel = written("esp/debian/vmlinuz", original)
    Ran("prepare", kernel).expect(0)
    check = ("check", "--esp", esp, "--arch", "x64")
    Ran(*check).expect(0, "linux: prepared from vmlinuz")
    written("esp/debian/vmlinuz", original[:-1] + b"x")
    Ran(*check).expect(1, "was prepared from another file than")
    os.unlink(kernel)
    Ran(*check).expect(0, "linux: prepared from vmlinuz")
    prepared = read(kernel + ".berth")
    written("esp/debian/vmlinuz.berth", prepared[:-4])
    Ran(*check).expect(1, "try: copy the file again")


def damaged():
    """A prepared file that is cut, has a byte too many, a broken record or one of a later version is not booted"""
    made, _ = prepare(written("kernel", bzimage(vmlinux(extra=TABLE))))
    at = made.index(b"Berth\0") - 12
    for data, words in ((made[:-1], "copy the file again"), (made[:-len(TABLE)], "copy the file again"),
                        (made + b"x", "copy the file again"), (made[:0x2000], "past the end of the file"),
                        (made[:at + 20] + b"\2" + made[at + 21:], "version 2 of the format; 1 is known"),
                        (made[:at + 68] + b"/" + made[at + 69:], "impossible one")):
        answer = told(written("damaged", data))
        expect(not answer["bootable"] and words in answer["reason"], f"{answer['reason']}")
    packed = piped(made, "lz4", "-l", "-q", "-c")
    expect(told(written("whole", packed))["bootable"], "packed by the system's tools it is not booted")


def refused():
    """What is no kernel, is cut, has no 64-bit entry, is a kernel of another kind, or prepared already; nothing is written"""
    good = bzimage(vmlinux(extra=TABLE))
    made, _ = prepare(written("kernel", good))
    big = bytearray(vmlinux())
    struct.pack_into("<Q", big, 64 + 56 + 40, 0x60000000)
    for data, words in ((b"", "empty"), (b"just text", "just"), (good[:-600], "truncated"), (good[:20000], "truncated"),
                        (bzimage(vmlinux(extra=TABLE), flags=0), "no 64-bit entry"), (made, "prepared already, from kernel"),
                        (gzip.compress(made), "prepared already"), (bzimage(vmlinux(extra=TABLE[4:])), "unterminated"),
                        (bytes(big), "kernel may have"),
                        (bzimage(vmlinux(extra=TABLE[:-4] + struct.pack("<I", 0x82000000))), "outside of the image"),
                        (bzimage(vmlinux(extra=TABLE[:-1])), "not a multiple of 4")):
        name = written("bad", data)
        ran = Ran("prepare", name, "-o", path_of("never")).expect(2)
        expect(words in ran.err or (words == "just" and "bad" in ran.err), f"{words!r} is not in {ran.err}")
        expect(not os.path.exists(path_of("never")), f"{words}: something was written")
    ran = Ran("prepare", written("bad", made.replace(b"kernel", b"\x1b[31mx"))).expect(2, "prepared already, from ?[31mx")
    expect("\x1b" not in ran.err, "a terminal is told what a file's record says")
    Ran("prepare", path_of("nowhere")).expect(2, "No such file")
    Ran("prepare", written("n" * 128, good), "-o", path_of("never")).expect(2, "its name has 128 bytes, and 127")
    prepare(written("n" * 127, good))
    Ran("prepare", written(b"k\xe4rnel".decode("utf-8", "surrogateescape"), good), "-o", path_of("never")).expect(2, "its name is not UTF-8")


def where_it_goes():
    """-o takes a folder or a name; without it the file lies beside the kernel; what cannot be written leaves nothing"""
    kernel = written("here/vmlinuz", bzimage(vmlinux(extra=TABLE)))
    Ran("prepare", kernel).expect(0, "here/vmlinuz.berth")
    os.makedirs(path_of("there"), exist_ok=True)
    Ran("prepare", kernel, "-o", path_of("there")).expect(0, "there/vmlinuz.berth")
    Ran("prepare", "-o", path_of("there/name"), kernel).expect(0)
    expect(sorted(os.listdir(path_of("there"))) == ["name", "vmlinuz.berth"], f"{os.listdir(path_of('there'))}")
    expect(read(path_of("there/name")) == read(kernel + ".berth"), "they differ")
    Ran("prepare", kernel, "-o", path_of("nowhere/name")).expect(2, "cannot be written")
    before = read(kernel)
    os.symlink("here", path_of("link"))
    Ran("prepare", kernel, "-o", path_of("link/vmlinuz")).expect(2, "would take the place of its original")
    expect(read(kernel) == before, "the original is another")
    os.makedirs(path_of("taken/name"))
    written("taken/name/file", b"x")
    os.makedirs(path_of("taken/name/vmlinuz.berth"))
    Ran("prepare", kernel, "-o", path_of("taken/name")).expect(2, "cannot be written")
    expect(sorted(os.listdir(path_of("taken/name"))) == ["file", "vmlinuz.berth"], f"{os.listdir(path_of('taken/name'))}")


def wrong_commands():
    """Options that are not there, without a value or with a wrong one, two kernels or none: status 2"""
    for words, told_of in (((), "which kernel?"), (("a", "b"), "one kernel at a time"), (("--fast", "a"), "no option --fast"),
                           (("a", "--format"), "--format needs a value"), (("a", "--format", "gzip"), "vmlinux, lz4 or zstd"),
                           (("a", "-o"), "-o needs a value")):
        Ran("prepare", *words).expect(2, told_of, "try: berth prepare --help")
    Ran("prepare", "--help").expect(0, "--format F", "examples:")


if __name__ == "__main__":
    run_tests([debians_kernel, each_packing_of_a_payload, packed_anew, more_than_one_block_of_lz4, vmlinux_itself, flat_images,
               of_another_original, what_check_says, damaged, refused, where_it_goes, wrong_commands])
