#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""scripts/fetch finds kernels and other loaders wherever Debian packs them, and says which package has none.

Packages are made here with dpkg-deb, and an apt of a few lines offers them: no network is needed.
"""
import gzip
import os
import subprocess
import tarfile
import tempfile

from tap import ROOT, expect, run_tests

APT_GET = """#!/bin/sh
case "$*" in
*indextargets*) echo file:/archive ;;
*source*--download-only*) for last; do :; done; cp "$ARCHIVE/$last"/* . ;;
*download*) for last; do :; done; cp "$ARCHIVE/$last"_1_all.deb . ;;
esac
"""
APT_CACHE = """#!/bin/sh
for last; do :; done
case "$*" in *madison*) cat "$ARCHIVE/$last.madison"; exit ;; esac
echo "$last"
sed 's/^/  Depends: /' "$ARCHIVE/$last.depends"
"""

PACKED = gzip.compress(b"hypervisor", mtime=0)


class Archive:
    """A folder of packages, and the commands that offer them."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.commands = os.path.join(self.folder.name, "commands")
        os.mkdir(self.commands)
        for name, text in (("apt-get", APT_GET), ("apt-cache", APT_CACHE)):
            with open(os.path.join(self.commands, name), "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(file.name, 0o755)

    def package(self, name, files, *depends):
        root = os.path.join(self.folder.name, name)
        control = os.path.join(root, "DEBIAN", "control")
        for path, text in ((control, f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: T <t@t.invalid>\n"
                            "Description: made for a test\n"),
                           *((os.path.join(root, path), text) for path, text in files.items())):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(text if isinstance(text, bytes) else text.encode())
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, f"{root}_1_all.deb"], check=True,
                       stdout=subprocess.DEVNULL)
        with open(f"{root}.depends", "w", encoding="utf-8") as file:
            file.write("".join(f"{other}\n" for other in depends))

    def source(self, name, version, folders):
        """A source package of that version, with a file for each folder that is wanted of it."""
        at = os.path.join(self.folder.name, f"{name}={version}")
        os.mkdir(at)
        for kind, paths in (("orig", [f"{name}/{folder}/of-{version}" for folder in folders]),
                            ("debian", ["debian/copyright"])):
            with tarfile.open(os.path.join(at, f"{name}_{version}.{kind}.tar.gz"), "w:gz") as tar:
                for path in paths:
                    tar.addfile(tarfile.TarInfo(path))
        with open(os.path.join(at, f"{name}_{version}.dsc"), "w", encoding="utf-8") as file:
            file.write(f"Version: {version}\n")

    def names_source(self, name, *versions):
        with open(os.path.join(self.folder.name, name + ".madison"), "w", encoding="utf-8") as file:
            file.write("".join(f"   {name} | {version} | file:/archive bookworm/main Sources\n" for version in versions))

    def fetch(self, *words):
        """What scripts/fetch kept, file by file; or what it said when it failed."""
        path = f"{self.commands}:{os.environ['PATH']}"
        done = subprocess.run([os.path.join(ROOT, "scripts", "fetch"), *words], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.PIPE, check=False, timeout=60,
                              env={**os.environ, "PATH": path, "ARCHIVE": self.folder.name,
                                   "CACHE": os.path.join(self.folder.name, "cache")})
        if done.returncode != 0:
            return done.stderr
        kept = {}
        for name in os.listdir(done.stdout.strip()):
            if os.path.isdir(os.path.join(done.stdout.strip(), name)):
                continue
            with open(os.path.join(done.stdout.strip(), name), "rb") as file:
                kept[name] = file.read().decode("latin-1").rstrip("\n")
        return kept


def whole_image():
    """A kernel in the package that the metapackage names, as until Debian 13"""
    for cpu, meta, letter in (("amd64", "linux-image-cloud-amd64", "z"), ("arm64", "linux-image-cloud-arm64", "z"),
                              ("riscv64", "linux-image-riscv64", "x")):
        archive = Archive()
        release = f"6.1.0-9-{cpu}"
        archive.package(f"linux-image-{release}",
                        {f"boot/vmlinu{letter}-{release}": "kernel", f"boot/config-{release}": "config",
                         f"lib/modules/{release}/kernel/fs/efivarfs/efivarfs.ko": "module"}, "kmod", "linux-base")
        archive.package(meta, {}, f"linux-image-{release}")
        kept = archive.fetch("kernel", "bookworm", cpu)
        expect(kept == {"vmlinuz": "kernel", "config": "config", "release": release, "efivarfs.ko": "module"}, str(kept))


def image_in_parts():
    """A kernel in a package that the named one depends on, as since Linux 7, beside another release's"""
    for cpu, meta in (("amd64", "linux-image-cloud-amd64"), ("arm64", "linux-image-cloud-arm64"),
                      ("riscv64", "linux-image-riscv64")):
        archive = Archive()
        release = f"7.2.13+deb14-{cpu}"
        parts = [f"linux-{part}-{release}" for part in ("base", "binary", "modules")]
        archive.package(f"linux-image-{release}", {}, "linux-base", "dracut", *parts)
        archive.package(parts[0], {f"usr/lib/modules/{release}/config": "config"})
        archive.package(parts[1], {f"usr/lib/modules/{release}/vmlinuz": "kernel"}, parts[0])
        archive.package(parts[2], {f"usr/lib/modules/{release}/kernel/fs/efivarfs/efivarfs.ko": "module"})
        archive.package(meta, {}, f"linux-base-cloud-{cpu}", f"linux-image-{release}")
        kept = archive.fetch("kernel", "sid", cpu)
        expect(kept == {"vmlinuz": "kernel", "config": "config", "release": release, "efivarfs.ko": "module"}, str(kept))


def no_kernel():
    """A package without a kernel in it is named, and nothing is kept"""
    archive = Archive()
    archive.package("linux-image-8-cloud-amd64", {"usr/share/doc/README": "elsewhere"}, "linux-base")
    archive.package("linux-image-cloud-amd64", {}, "linux-image-8-cloud-amd64")
    said = archive.fetch("kernel", "sid")
    expect("no kernel, or several, in linux-image-8-cloud-amd64" in said, str(said))
    expect(not os.path.exists(os.path.join(archive.folder.name, "cache", "kernel-sid")), "something was kept")


def other_files():
    """Memtest86+, the installer, and Xen by whatever version its metapackage names"""
    archive = Archive()
    archive.package("memtest86+", {"boot/memtest86+x64.bin": "bin", "boot/memtest86+x64.efi": "efi",
                                   "boot/memtest86+ia32.bin": "other"})
    kept = archive.fetch("memtest")
    expect(kept == {"memtest.bin": "bin", "memtest.efi": "efi"}, str(kept))
    archive.package("xen-system-amd64", {}, "xen-hypervisor-common", "xen-hypervisor-9.8-amd64")
    archive.package("xen-hypervisor-9.8-amd64", {"boot/xen-9.8-amd64.gz": PACKED,
                                                 "boot/xen-9.8-amd64.efi": "pe"})
    kept = archive.fetch("xen")
    expect(kept["xen"] == "hypervisor" and kept["xen.gz"] == PACKED.decode("latin-1"), str(kept))


def loaders_of_suites():
    """GRUB in either package that Debian had it in, and syslinux; a package without the program is named, and nothing kept"""
    grub = "usr/lib/grub/x86_64-efi/monolithic/grubx64.efi"
    archive = Archive()
    archive.package("grub-efi-amd64-bin", {grub: "older"})
    archive.package("grub-efi-amd64-unsigned", {grub: "newer"})
    archive.package("syslinux-common", {"usr/lib/syslinux/modules/efi64/ldlinux.e64": "module"})
    archive.package("syslinux-efi", {"usr/lib/SYSLINUX.EFI/efi64/syslinux.efi": "program"})
    for words, program in (((), "older"), (("bookworm",), "older"), (("sid",), "newer")):
        kept = archive.fetch("loader", "grub", *words)
        expect(kept == {"loader.efi": program, "version": "1"}, f"{words}: {kept}")
    kept = archive.fetch("loader", "syslinux", "sid")
    expect(kept == {"loader.efi": "program", "ldlinux.e64": "module", "version": "1"}, str(kept))
    archive = Archive()
    archive.package("grub-efi-amd64-unsigned", {"usr/share/doc/README": "elsewhere"})
    said = archive.fetch("loader", "grub", "sid")
    expect("no EFI program where it is looked for in grub-efi-amd64-unsigned, version 1" in said, str(said))
    expect(not os.path.exists(os.path.join(archive.folder.name, "cache", "loader-grub-sid")), "something was kept")


SOURCES = {"zlib": ["."], "lz4": ["lib"], "libzstd": ["lib"], "xz-utils": ["src"],
           "arm-trusted-firmware": ["lib/libfdt", "include/lib/libfdt"], "libmd": ["src", "include"]}


def sources_that_are_not_all_there():
    """Of source packages the newest version that the archive has, whatever it names besides"""
    archive = Archive()
    for name, folders in SOURCES.items():
        for version in ("1.5-9", "1.5-10"):
            archive.source(name, version, folders)
        archive.names_source(name, "1.5-9", *(["1.5-10+deb12u1"] if name == "libzstd" else []), "1.5-10")
    kept = archive.fetch("sources")
    expect(kept["versions"] == "\n".join(f"{name} 1.5-10" for name in SOURCES), str(kept))
    archive = Archive()
    for name in SOURCES:
        archive.names_source(name, "1.5-8", "1.5-9")
    said = archive.fetch("sources")
    expect("names zlib 1.5-9 but does not have it: fetching 1.5-8\n" in said, str(said))
    expect("names zlib 1.5-8 but does not have it\n" in said, str(said))
    expect("cannot fetch bookworm's source package zlib" in said, str(said))


if __name__ == "__main__":
    run_tests([sources_that_are_not_all_there, whole_image, image_in_parts, no_kernel, other_files, loaders_of_suites])
