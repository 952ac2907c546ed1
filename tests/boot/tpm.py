# SPDX-License-Identifier: BSD-2-Clause
"""A machine with a TPM, which swtpm emulates: what was measured until Linux runs, as Linux reads it."""
import hashlib
import json
import os
import struct
import subprocess
import time

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


def foreseen(esp, guest):
    """What `berth measure` tells of the entry, with the log of this boot; the registers that it computes are the TPM's."""
    log = os.path.join(esp.path, "measurements")
    with open(log, "wb") as file:
        file.write(bytes.fromhex(guest.one("measurements")))
    told_of = json.loads(subprocess.run([os.path.join(lab.ROOT, "build/host/berth"), "measure", "--json", "--arch", "x64", "--esp",
                                         esp.tree, "--log", log, "debian"], check=True, stdout=subprocess.PIPE).stdout)
    for words in guest.all("pcr"):
        number, value = words.split()
        expect(number == "10" or told_of["registers"][number] == value.lower(),
               f"PCR {number} is {value}, and berth measure tells {told_of['registers'][number]}")
    return told_of


@boots
def kernel_that_berth_enters_is_measured(esp):
    """A TPM: loader.conf, options and the joined initrds are in PCR 5, 12 and 9; Linux has the log, and it gives the registers"""
    conf, extra = "log debug\n", lab.data_archive("extra", os.urandom(4321))
    options = REPORT + " nokaslr grüße=ja"
    plain(esp, "initrd /extra.cpio", options=options)
    esp.put("extra.cpio", extra)
    esp.conf(conf.strip())
    with Tpm(esp.path) as tpm, Machine(esp, more=tpm.options) as machine:
        guest = Guest(machine.finish())
    events = check_replay(guest)
    wanted = own_events(conf.encode(), options, joined(whole(KERNEL["initrd"]), extra))
    check_own(events, wanted)
    expect([event["sha256"] for event in foreseen(esp, guest)["events"]] ==
           [hashlib.sha256(measured).hexdigest() for _, measured in wanted], "berth measure tells of other events")
    smbios = [struct.unpack_from("<I", data)[0] for register, kind, _, data in events if (register, kind) == (1, 6)]
    expect(smbios == [0xd5cb7cbc], f"of SMBIOS, structures with the tags {smbios} are measured")
    expect(told(guest)["LoaderPcrSMBIOS"][1] == str16("1"), "LoaderPcrSMBIOS is not told")


def measured_boot(esp, name):
    """The guest and its log's events of the registers that loaders and stubs measure into, as (register, type, sum, data)."""
    folder = os.path.join(esp.path, name)
    os.mkdir(folder)
    with Tpm(folder) as tpm, Machine(esp, more=tpm.options) as machine:
        guest = Guest(machine.finish())
    return guest, [(register, kind, sums[SHA256], data) for register, kind, sums, data in check_replay(guest)
                   if register in (1, 5, 9, 12)]


@boots(sampled=True)
def registers_are_those_of_systemd_boot_and_the_kernels_stub(esp):
    """systemd-boot with the kernel's stub, and Berth, on one disk: events and values of PCR 1, 5, 9 and 12 are the same"""
    own = f"EFI/BOOT/{lab.LOADERS['x86_64']}"
    plain(esp, "initrd /extra.cpio")
    esp.put("extra.cpio", lab.data_archive("extra", os.urandom(4321)))
    esp.conf("timeout 0", "# measured")
    esp.put(own, link=os.path.join(lab.script("fetch", "systemd-boot", "sid"), "loader.efi"))
    theirs, their_events = measured_boot(esp, "systemd")
    # It names the initrds there for kernels before 5.8; here the entry does, so that the command lines are the same.
    plain(esp, "initrd /extra.cpio", options=theirs.one("cmdline"))
    esp.put(own, link=os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI"))
    ours, our_events = measured_boot(esp, "berth")
    kernel = bytes.fromhex(foreseen(esp, ours)["authenticode"])
    expect(kernel in [sums[SHA256] for register, _, sums, _ in check_replay(theirs) if register == 4],
           f"firmware has not measured the kernel that its stub starts as {kernel.hex()}")
    expect(ours.one("cmdline") == theirs.one("cmdline"), f"/proc/cmdline is {ours.one('cmdline')!r}")
    expect(our_events == their_events, f"Berth measures {our_events},\nsystemd-boot and the stub {their_events}")
    for register in (1, 5, 9, 12):
        expect(ours.all("pcr")[register] == theirs.all("pcr")[register], f"PCR {register} differs")


@boots(sampled=True)
def unified_image_is_measured_by_its_stub(esp):
    """A TPM: systemd's stub of an image that Berth starts measures every section into PCR 11, to the digest that is computed here"""
    image = unified_image([(".osrel", b'PRETTY_NAME="System 7"\nID=system\n'), (".cmdline", REPORT.encode()), (".uname", b"6.1"),
                           (".initrd", whole(KERNEL["initrd"])), (".linux", whole(KERNEL["file"]))])
    esp.put("EFI/Linux/system.efi", image)
    with Tpm(esp.path) as tpm, Machine(esp, more=tpm.options) as machine:
        guest = Guest(machine.finish())
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
    with Tpm(esp.path) as tpm, Machine(esp, more=tpm.options) as machine:
        guest = Guest(machine.finish())
    expect("measured \\vmlinuz, all of it" in guest.text, "the log does not tell")
    registers = {int(words.split()[0]): words.split()[1].lower() for words in guest.all("pcr")}
    computed = register_4(os.path.join(lab.ROOT, "build/x86_64/BOOTX64.EFI"), KERNEL["file"]).hex()
    expect(registers.get(4) == computed, f"PCR 4 is {registers.get(4)}, computed {computed}")


@boots(sampled=True)
def kernel_is_measured_once_when_it_is_verified(esp):
    """A TPM and Secure Boot: PCR 4 has Berth and the kernel that was verified, each once"""
    options = secured(esp)
    with Tpm(esp.path) as tpm, Machine(esp, *options, more=tpm.options) as machine:
        guest = Guest(machine.finish())
    registers = {int(words.split()[0]): words.split()[1].lower() for words in guest.all("pcr")}
    computed = register_4(*(os.path.join(esp.path, name) for name in ("berth.efi", "vmlinuz"))).hex()
    expect(registers.get(4) == computed, f"PCR 4 is {registers.get(4)}, computed {computed}")
