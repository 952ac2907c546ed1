# SPDX-License-Identifier: BSD-2-Clause
"""A machine with a TPM, which swtpm emulates: what was measured until Linux runs, as Linux reads it."""
import hashlib
import json
import os
import struct
import subprocess
import time

import keys
import lab
from boots import KERNEL, REPORT, boots, plain, str16, told
from chain import unified_image, whole
from lab import Guest, Machine, expect
from signed import authenticode, secured

# The sections in the order in which the stub measures them. Source: UAPI.5, "Measurements"
MEASURED = (".linux", ".osrel", ".cmdline", ".initrd", ".ucode", ".splash", ".dtb", ".uname", ".sbat", ".pcrpkey")


class Tpm:
    """A TPM 2.0, new, while a machine runs with it."""

    def __init__(self, folder):
        self.state = os.path.join(folder, "tpm")
        self.socket = os.path.relpath(os.path.join(folder, "tpm.socket"), lab.ROOT)
        os.mkdir(self.state)
        self.options = ("-chardev", f"socket,id=tpm,path={self.socket}", "-tpmdev", "emulator,id=tpm0,chardev=tpm",
                        "-device", "tpm-tis,tpmdev=tpm0")

    def __enter__(self):
        self.process = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.state}", "--terminate", "--ctrl",
                                         f"type=unixio,path={self.socket}"], cwd=lab.ROOT)
        deadline = time.monotonic() + 30
        while not os.path.exists(os.path.join(lab.ROOT, self.socket)):
            expect(time.monotonic() < deadline and self.process.poll() is None, "swtpm has not started")
            time.sleep(0.05)
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(10)


def extended(register, data):
    return hashlib.sha256(register + hashlib.sha256(data).digest()).digest()


def sections_of(image):
    """{name: contents}, as long as each is in memory. Source: Microsoft PE Format, "Section Table"."""
    pe = struct.unpack_from("<I", image, 0x3c)[0]
    count, optional = struct.unpack_from("<H", image, pe + 6)[0], struct.unpack_from("<H", image, pe + 20)[0]
    found = {}
    for row in (pe + 24 + optional + 40 * n for n in range(count)):
        name, size, _, raw, at = struct.unpack_from("<8sIIII", image, row)
        found[name.rstrip(b"\0").decode()] = image[at:at + min(size, raw)]
    return found


def register_11(image):
    """Each section's name with its NUL, and then its contents."""
    register, sections = bytes(32), sections_of(image)
    for name in MEASURED:
        if name in sections:
            register = extended(extended(register, name.encode() + b"\0"), sections[name])
    return register


def events_of(log):
    """(register, type, {kind of sum: sum}, data) of each event. Source: TCG PC Client Platform Firmware Profile 1.05, 10.2."""
    size = struct.unpack_from("<I", log, 28)[0]
    kinds = dict(struct.unpack_from("<HH", log, 32 + 28 + 4 * n) for n in range(struct.unpack_from("<I", log, 32 + 24)[0]))
    events, at = [], 32 + size
    while at < len(log):
        register, kind, n = struct.unpack_from("<III", log, at)
        at += 12
        sums = {}
        for _ in range(n):
            algorithm = struct.unpack_from("<H", log, at)[0]
            sums[algorithm] = log[at + 2:at + 2 + kinds[algorithm]]
            at += 2 + kinds[algorithm]
        size = struct.unpack_from("<I", log, at)[0]
        events.append((register, kind, sums, log[at + 4:at + 4 + size]))
        at += 4 + size
    expect(at == len(log), "the last event of the log is cut off")
    return events


NO_ACTION, SHA256 = 3, 0xb


def replayed(events):
    """{register: value} after these events."""
    registers = {n: bytes(32) for n in range(15)}
    for register, kind, sums, _ in events:
        if kind != NO_ACTION:
            registers[register] = hashlib.sha256(registers[register] + sums[SHA256]).digest()
    return registers


def check_replay(guest):
    """The log that Linux has gives the registers that its TPM has; returns the log's events."""
    events = events_of(bytes.fromhex(guest.one("measurements")))
    computed = replayed(events)
    expect(len(guest.all("pcr")) == 15, f"the TPM has told of {len(guest.all('pcr'))} registers")
    for words in guest.all("pcr"):
        number, value = words.split()
        if int(number) != 10:  # Linux's own, by IMA
            expect(computed[int(number)].hex() == value.lower(),
                   f"PCR {number} is {value.lower()}, and the log gives {computed[int(number)].hex()}")
    return events


def wide(text):
    return text.encode("utf-16-le") + b"\0\0"


def tagged(tag, words):
    return struct.pack("<II", tag, len(words)) + words


def joined(*files):
    """As a kernel is given them: each from a multiple of 4 bytes on, and nothing behind the last."""
    out = b""
    for file in files:
        out += b"\0" * (-len(out) % 4) + file
    return out


def own_events(conf, options, initrd):
    """(register, type, data) and what is measured, in order: what a loader and a kernel's EFI stub measure of a boot."""
    return [((5, 6, tagged(0xf5bc582a, wide("loader.conf"))), conf),
            ((12, 0xd, wide(options)), wide(options)),
            ((9, 6, tagged(0x8f3b22ed, b"LOADED_IMAGE::LoadOptions\0")), wide(options)),
            ((9, 6, tagged(0x8f3b22ec, b"Linux initrd\0")), initrd)]


def check_own(events, wanted):
    for (register, kind, data), measured in wanted:
        found = [sums[SHA256] for r, k, sums, d in events if (r, k, d) == (register, kind, data)]
        expect(found == [hashlib.sha256(measured).digest()], f"PCR {register}, {data!r}: {len(found)} events, or another sum")


BERTH = os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI")
# Beside type 1, which QEMU makes by itself: a board, and a string of the maker's that adds to the command line. The tags of
# their events are in STRUCTURE_TAGS.
STRUCTURES = ("-smbios", "type=2,manufacturer=Maker,product=Board", "-smbios",
              "type=11,value=io.systemd.boot.kernel-cmdline-extra=more=yes")
STRUCTURE_TAGS = [0xd5cb7cbc, 0xe0d47bc8, 0xc0b3bd23]
DMI = REPORT + " nokaslr berth.dmi"  # the booted system tells its structures


def measured_boot(esp, *options, name="boot", more=()):
    """The guest of a machine with a new TPM, whose log gives the registers."""
    folder = os.path.join(esp.path, name)
    os.mkdir(folder)
    with Tpm(folder) as tpm, Machine(esp, *options, more=(*tpm.options, *more)) as machine:
        guest = Guest(machine.finish())
    check_replay(guest)
    return guest


def kept(esp, guest, key):
    """A file with what the booted system had under this name."""
    path = os.path.join(esp.path, key)
    with open(path, "wb") as file:
        file.write(bytes.fromhex(guest.one(key)))
    return path


def foretold(esp, entry, *words):
    """What `berth measure` tells of the entry, by the files as they are now."""
    return json.loads(subprocess.run([os.path.join(lab.ROOT, "build/host/berth"), "measure", "--json", "--arch", "x64", "--esp",
                                      esp.tree, *words, entry], check=True, stdout=subprocess.PIPE).stdout)


def sums_of(told, *numbers):
    return [event["sha256"] for event in told["events"] if not numbers or event["pcr"] in numbers]


@boots
def kernel_that_berth_enters_is_measured(esp):
    """A TPM: loader.conf, options and the joined initrds are in PCR 5, 12 and 9; Linux has the log, and it gives the registers"""
    conf, extra = "log debug\n", lab.data_archive("extra", os.urandom(4321))
    options = DMI + " grüße=ja"
    plain(esp, "initrd /extra.cpio", options=options)
    esp.put("extra.cpio", extra)
    esp.conf(conf.strip())
    before = sums_of(foretold(esp, "debian"))
    guest = measured_boot(esp)
    events = events_of(bytes.fromhex(guest.one("measurements")))
    wanted = own_events(conf.encode(), options, joined(whole(KERNEL["initrd"]), extra))
    check_own(events, wanted)
    expect(before == [hashlib.sha256(measured).hexdigest() for _, measured in wanted], "berth measure told of other events")
    smbios = [(struct.unpack_from("<I", data)[0], sums[SHA256].hex()) for register, kind, sums, data in events
              if (register, kind) == (1, 6)]
    expect(smbios == [(0xd5cb7cbc, one) for one in sums_of(foretold(esp, "debian", "--smbios", kept(esp, guest, "dmi")), 1)],
           f"of SMBIOS, structures with the tags {smbios} are measured")
    expect(told(guest)["LoaderPcrSMBIOS"][1] == str16("1"), "LoaderPcrSMBIOS is not told")


# ---- registers, foreseen by an earlier boot ----


def foreseen(esp, entry, earlier):
    """The registers by `berth measure`, which has the files as they are now, and of the earlier boot log and structures."""
    told_of = foretold(esp, entry, "--log", kept(esp, earlier, "measurements"), "--smbios", kept(esp, earlier, "dmi"))
    expect(told_of["unknown"] == {}, f"berth measure cannot tell {told_of['unknown']}")
    return told_of["registers"]


def check_foreseen(registers, guest, earlier, changed):
    """@changed: registers that would not be right if those of the earlier boot were taken."""
    for words, before in zip(guest.all("pcr"), earlier.all("pcr")):
        number, value = words.split()
        if number == "10":  # Linux's own, by IMA
            continue
        expect(registers[number] == value.lower(), f"PCR {number} is {value}, and berth measure foresaw {registers[number]}")
        expect((words != before) == (int(number) in changed), f"PCR {number} was {before}")


def with_a_driver(esp):
    esp.put("EFI/berth/drivers/ext4_x64.efi", link=os.path.join(lab.script("fetch", "drivers"), "ext4_x64.efi"))


@boots(sampled=True)
def registers_are_foreseen_by_an_earlier_boots_log(esp):
    """From one boot's log, and files for the next: another kernel, Berth, initrd, loader.conf and options; all its registers"""
    plain(esp, options=DMI)
    with_a_driver(esp)
    earlier = measured_boot(esp, name="earlier", more=STRUCTURES)
    plain(esp, "initrd /extra.cpio", options=DMI + " another=one")
    esp.conf("timeout 0")
    esp.put("extra.cpio", lab.data_archive("extra", os.urandom(1234)))
    esp.put("vmlinuz", whole(KERNEL["file"]) + b"\0")
    esp.put(f"EFI/BOOT/{lab.LOADERS['x86_64']}", whole(BERTH) + b"\0")
    registers = foreseen(esp, "debian", earlier)
    later = measured_boot(esp, name="later", more=STRUCTURES)
    expect(later.one("cmdline") == DMI + " another=one more=yes", f"/proc/cmdline is {later.one('cmdline')!r}")
    check_foreseen(registers, later, earlier, (4, 5, 9, 12))


@boots(sampled=True)
def registers_are_foreseen_with_secure_boot(esp):
    """The same with Secure Boot, a berth.sums for another entry, and another kernel that the same key has signed"""
    options = secured(esp, "sort-key a", options=DMI)
    esp.put("other", link=KERNEL["file"])
    esp.entry("other", "linux /other", "sort-key zz")
    keys.sums(esp, "other")
    earlier = measured_boot(esp, *options, name="earlier")
    secured(esp, "sort-key a", options=DMI + " another=one")
    esp.put("../kernel", whole(KERNEL["file"]) + bytes(8))
    esp.put("vmlinuz", link=keys.sign(os.path.join(esp.path, "kernel"), os.path.join(esp.path, "vmlinuz")))
    registers = foreseen(esp, "debian", earlier)
    check_foreseen(registers, measured_boot(esp, *options, name="later"), earlier, (4, 9, 12))


@boots(sampled=True)
def second_try_is_measured_once(esp):
    """The last memory map fails when the first entry is measured: the next boots, and what both have is in the log once"""
    plain(esp, "sort-key a", options=DMI, name="first")
    plain(esp, "sort-key b", options=DMI, name="second")
    esp.conf("log debug")
    esp.shape("fault once GetMemoryMap 2 device-error")  # the first is for the plan
    guest = measured_boot(esp)
    expect("first.conf does not boot" in guest.text and "firmware does not give its last memory map" in guest.text,
           "the first entry has not failed there")
    expect(told(guest)["LoaderEntrySelected"][1] == str16("second.conf"), "another entry was booted")
    events = events_of(bytes.fromhex(guest.one("measurements")))
    conf = whole(os.path.join(esp.tree, "loader/loader.conf"))
    check_own(events, own_events(conf, DMI, whole(KERNEL["initrd"])))
    own = [(register, kind) for register, kind, _, _ in events if (register, kind) in ((1, 6), (5, 6)) or register > 7]
    expect(own == [(1, 6), (5, 6), (12, 13), (9, 6), (9, 6)], f"the log has {own}")
    # Each attempt has the kernel loaded, which firmware measures.
    kernel = authenticode(whole(KERNEL["file"]))
    times = [sums[SHA256] for register, _, sums, _ in events if register == 4].count(kernel)
    expect(times == 2, f"PCR 4 has the kernel {times} times")


# ---- beside systemd-boot ----


def own_of(guest, registers):
    """(register, type, sum, data) of the events of registers that loaders and stubs measure into."""
    events = events_of(bytes.fromhex(guest.one("measurements")))
    return [(register, kind, sums[SHA256], data) for register, kind, sums, data in events if register in registers]


def check_pair(ours, theirs, registers):
    expect(ours.one("cmdline") == theirs.one("cmdline"), f"/proc/cmdline is {ours.one('cmdline')!r}")
    our_events, their_events = own_of(ours, registers), own_of(theirs, registers)
    alone = [[event for event in one if event not in other]
             for one, other in ((our_events, their_events), (their_events, our_events))]
    expect(our_events == their_events, "Berth alone measures {},\nsystemd-boot and the stub {}, or in another order".format(*alone))
    for register in registers:
        expect(ours.all("pcr")[register] == theirs.all("pcr")[register], f"PCR {register} differs")
    tags = [struct.unpack_from("<I", data)[0] for register, kind, _, data in our_events if (register, kind) == (1, 6)]
    expect(tags == STRUCTURE_TAGS, f"of SMBIOS, structures with the tags {tags} are measured")


def boot_theirs(esp):
    own = f"EFI/BOOT/{lab.LOADERS['x86_64']}"
    esp.conf("timeout 0", "# measured")
    esp.put(own, link=os.path.join(lab.script("fetch", "systemd-boot", "sid"), "loader.efi"))
    theirs = measured_boot(esp, name="systemd", more=STRUCTURES)
    esp.put(own, link=BERTH)
    return theirs


@boots(sampled=True)
def registers_are_those_of_systemd_boot_and_the_kernels_stub(esp):
    """systemd-boot with the kernel's stub, and Berth, on one disk, and options from SMBIOS: PCR 1, 5, 9 and 12 are the same"""
    plain(esp, "initrd /extra.cpio")
    esp.put("extra.cpio", lab.data_archive("extra", os.urandom(4321)))
    theirs = boot_theirs(esp)
    line, added = theirs.one("cmdline"), " more=yes"
    expect(line.endswith(added), f"systemd-boot passes {line!r}")
    # It names the initrds there for kernels before 5.8; here the entry does, so that the command lines are the same.
    plain(esp, "initrd /extra.cpio", options=line[:-len(added)])
    kernel = bytes.fromhex(foretold(esp, "debian")["authenticode"])
    expect(kernel in [one for _, _, one, _ in own_of(theirs, (4,))],
           f"firmware has not measured the kernel that its stub starts as {kernel.hex()}")
    check_pair(measured_boot(esp, name="berth", more=STRUCTURES), theirs, (1, 5, 9, 12))


@boots(sampled=True)
def files_beside_an_image_are_measured_as_by_systemd_boot(esp):
    """An image and `extra`, by systemd-boot 262 and by Berth: PCR 1, 5, 11, 12 and 13 are the same, as berth measure told"""
    esp.put("images/system.efi", unified_image([
        (".osrel", b'PRETTY_NAME="System 7"\nID=system\n'), (".cmdline", REPORT.encode()), (".uname", b"6.1"),
        (".initrd", whole(KERNEL["initrd"])), (".linux", whole(KERNEL["file"]))], suite="sid"))
    files = {"own.cred": b"a secret", "tools.sysext.raw": os.urandom(123457), "etc.confext.raw": os.urandom(4096)}
    for name, data in files.items():
        esp.put("extra/" + name, data)
    esp.entry("system", "uki /images/system.efi", *(f"extra /extra/{name}" for name in files))
    theirs = boot_theirs(esp)
    before = sums_of(foretold(esp, "system"), 12, 13)
    ours = measured_boot(esp, name="berth", more=STRUCTURES)
    # The stub has a secret of its own there, drawn anew on a machine without variables, and all of it in PCR 9.
    found = [[line for line in guest.all("extra") if not line.startswith("boot-secret ")] for guest in (ours, theirs)]
    expect(found[0] == found[1] != [], f"the systems find {found}")
    check_pair(ours, theirs, (1, 5, 11, 12, 13))
    found = [one.hex() for _, _, one, data in own_of(ours, (12, 13)) if data.startswith(wide("Entry ")[:-2])]
    expect(before == found and len(found) == 3, f"berth measure told of {before}, and the log has {found}")


@boots(sampled=True)
def unified_image_is_measured_by_its_stub(esp):
    """A TPM: systemd's stub of an image that Berth starts measures every section into PCR 11, to the digest that is computed here"""
    image = unified_image([(".osrel", b'PRETTY_NAME="System 7"\nID=system\n'), (".cmdline", REPORT.encode()), (".uname", b"6.1"),
                           (".initrd", whole(KERNEL["initrd"])), (".linux", whole(KERNEL["file"]))])
    esp.put("EFI/Linux/system.efi", image)
    guest = measured_boot(esp)
    registers = {int(words.split()[0]): words.split()[1].lower() for words in guest.all("pcr")}
    expect(registers.get(11) == register_11(image).hex(), f"PCR 11 is {registers.get(11)}, computed {register_11(image).hex()}")
    expect(int(registers[4], 16) != 0, "firmware has not measured the loader and the image into PCR 4")


# Source: TCG PC Client Platform Firmware Profile, 3.3.4.5 (PCR 4): the boot option, the separator, and each program.
def register_4(*programs):
    register = bytes(32)
    for digest in (hashlib.sha256(b"Calling EFI Application from Boot Option").digest(), hashlib.sha256(bytes(4)).digest(),
                   *(authenticode(whole(program)) for program in programs)):
        register = hashlib.sha256(register + digest).digest()
    return register


@boots(sampled=True)
def kernel_is_measured_by_firmware(esp):
    """A TPM, without Secure Boot: the kernel that Berth places is in PCR 4, once, behind Berth, by the digest that is computed here"""
    plain(esp)
    guest = measured_boot(esp)
    expect("measured \\vmlinuz, all of it" in guest.text, "the log does not tell")
    registers = {int(words.split()[0]): words.split()[1].lower() for words in guest.all("pcr")}
    computed = register_4(BERTH, KERNEL["file"]).hex()
    expect(registers.get(4) == computed, f"PCR 4 is {registers.get(4)}, computed {computed}")


@boots(sampled=True)
def kernel_is_measured_once_when_it_is_verified(esp):
    """A TPM and Secure Boot: PCR 4 has Berth and the kernel that was verified, each once"""
    options = secured(esp)
    guest = measured_boot(esp, *options)
    registers = {int(words.split()[0]): words.split()[1].lower() for words in guest.all("pcr")}
    computed = register_4(*(os.path.join(esp.path, name) for name in ("berth.efi", "vmlinuz"))).hex()
    expect(registers.get(4) == computed, f"PCR 4 is {registers.get(4)}, computed {computed}")
