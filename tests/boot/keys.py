# SPDX-License-Identifier: BSD-2-Clause
"""Keys for Secure Boot that nobody else has: made once by openssl, in the forms in which firmware takes them; programs are
signed with the one in db, and a variable store begins with all of them.
"""
import functools
import os
import shutil
import struct
import subprocess
import tempfile
import uuid

import lab

GLOBAL, SECURITY = "8be4df61-93ca-11d2-aa0d-00e098032b8c", "d719b2cb-3d3a-4596-a3bc-dad00e67656f"  # UEFI 2.10, 3.3 and 32.6.1
VENDOR = {"PK": GLOBAL, "KEK": GLOBAL, "db": SECURITY, "dbx": SECURITY}
SIGNER = {"PK": "PK", "KEK": "PK", "db": "KEK", "dbx": "KEK"}  # UEFI 2.10, 32.3: who may change which
ATTRIBUTES = 0x27  # 8.2.1: non-volatile, boot services, runtime, TIME_BASED_AUTHENTICATED_WRITE_ACCESS
OWNER = uuid.UUID("4245f7d4-3c3b-4a5c-9c1f-6d2f0d1e7a11")
CERT_X509, CERT_SHA256 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072"), uuid.UUID("c1c41626-504c-4092-aca9-41f936934328")
CERT_PKCS7 = uuid.UUID("4aafd29d-68df-49ee-8aa9-347d375665a7")
TIME = struct.pack("<HBBBBBBIhBB", 2024, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0)  # EFI_TIME; of these only the first six may not be 0


def openssl(*words, **more):
    return subprocess.run(["openssl", *words], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more).stdout


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def signature_list(kind, data):
    """EFI_SIGNATURE_LIST (UEFI 2.10, 32.4.1) with one signature."""
    return kind.bytes_le + struct.pack("<III", 28 + 16 + len(data), 0, 16 + len(data)) + OWNER.bytes_le + data


def behind_header(der):
    """The contents of a DER value, and what follows it."""
    size, at = der[1], 2
    if size & 0x80:
        at += size & 0x7f
        size = int.from_bytes(der[2:at], "big")
    return der[at:at + size], der[at + size:]


def authenticated(folder, name, data, signer=None):
    """
    What SetVariable takes for @name (UEFI 2.10, 8.2.2, EFI_VARIABLE_AUTHENTICATION_2). The signature is a SignedData, without
    the ContentInfo that openssl puts around it. @signer: another key than the one that may; "": none.
    """
    signer = SIGNER[name] if signer is None else signer
    signature = b""
    if signer:
        signed = name.encode("utf-16-le") + uuid.UUID(VENDOR[name]).bytes_le + struct.pack("<I", ATTRIBUTES) + TIME + data
        key = os.path.join(folder, signer)
        der = openssl("smime", "-sign", "-binary", "-noattr", "-md", "sha256", "-outform", "DER", "-signer", key + ".crt",
                      "-inkey", key + ".key", input=signed)
        signature = behind_header(behind_header(behind_header(der)[0])[1])[0]
    return TIME + struct.pack("<IHH", 24 + len(signature), 0x200, 0xef1) + CERT_PKCS7.bytes_le + signature + data


def make(folder):
    for name in ("PK", "KEK", "db", "foreign"):
        path = os.path.join(folder, name)
        openssl("req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "36500", "-subj",
                f"/CN=Berth's tests, {name}", "-keyout", path + ".key", "-out", path + ".crt")
        write(path + ".esl", signature_list(CERT_X509, openssl("x509", "-in", path + ".crt", "-outform", "DER")))
    write(os.path.join(folder, "dbx.esl"), signature_list(CERT_SHA256, b"\x5a" * 32))
    for name in VENDOR:
        write(os.path.join(folder, name + ".auth"), authenticated(folder, name, contents(folder, name)))


def contents(folder, name):
    with open(os.path.join(folder, name + ".esl"), "rb") as file:
        return file.read()


@functools.lru_cache(None)
def folder():
    """NAME.key, NAME.crt, NAME.esl and NAME.auth of PK, KEK and db, dbx without a key, and `foreign`, which no variable holds."""
    cache = os.path.realpath(os.path.join(lab.ROOT, "build", "cache"))
    kept = os.path.join(cache, "keys")
    if not os.path.exists(kept):
        work = tempfile.mkdtemp(dir=cache)
        make(work)
        try:
            os.rename(work, kept)
        except OSError:  # another run was faster
            shutil.rmtree(work)
    return kept


def sign(path, out, by="db"):
    """A copy of a program with a signature behind it; returns @out. @by: "foreign" for one that firmware does not know."""
    key = os.path.join(folder(), by)
    os.makedirs(os.path.dirname(out), exist_ok=True)
    subprocess.run(["sbsign", "--key", key + ".key", "--cert", key + ".crt", "--output", out, path], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return out


def sums(esp, *words, version=1, signer="db", arch="x64"):
    """Makes berth.sums of the entries as they are now, and signs it; @signer None: does not."""
    path = os.path.join(esp.tree, "loader/berth.sums")
    key = os.path.join(folder(), signer or "")
    by = ("--sign", key + ".key", key + ".crt") if signer else ()
    subprocess.run([os.path.join(lab.ROOT, "build/host/berth"), "sums", "--esp", esp.tree, "--arch", arch, "--version", str(version),
                    *by, "-o", path, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def store(out, also=None, empty=None, attributes=None):
    """
    A variable store for `--secboot --vars`, in which Secure Boot is on with these keys; returns @out. @also, @attributes: what
    it holds as well, as lab.variable_store takes it. @empty: that of another firmware than OVMF.
    """
    variables = {(name, VENDOR[name]): contents(folder(), name) for name in ("PK", "KEK", "db")}
    lab.variable_store(empty or os.path.join(lab.newer_ovmf()[1], "OVMF_VARS_4M.fd"), out, {**variables, **(also or {})},
                       {**{name: ATTRIBUTES for name in variables}, **(attributes or {})})
    return out
