"""python verify_pack.py PACK CHECKPOINT PUBLIC-KEY: whether a pack of evidence is what was packed (evidence-packs.md).

Offline, with Python 3.9 and `cryptography`; no line of the site's program. Ends with 1 where anything was changed."""

import hashlib
import json
import re
import sys
import zipfile
from base64 import b64decode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def root_of(node, place, last, path):  # RFC 9162 section 2.1.3.2
    for step in path:
        leads = place & 1 or place == last
        node = sha(b"\1", step, node) if leads else sha(b"\1", node, step)
        while leads and place and not place & 1:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    return node if last == 0 else None


data, note = (open(path, "rb").read() for path in sys.argv[1:3])  # noqa: SIM115
name, _, key = sys.argv[3].split("+", 2)
text, _, signed = note.decode().rpartition(f"\n\n\u2014 {name} ")
public = Ed25519PublicKey.from_public_bytes(b64decode(key)[1:])
public.verify(b64decode(signed.split("\n")[0])[4:], f"{text}\n".encode())
origin, size, root = text.split("\n")[:3]
if data[:2] == b"PK":
    members = zipfile.ZipFile(sys.argv[1])
    names, parts = members.namelist(), {n: members.read(n) for n in members.namelist()}
    proofs, manifest = json.loads(parts.pop("proofs.json")), parts.pop("manifest.json")
    wanted = json.loads(manifest)["parts"]
else:  # the attachments are bytes of the printed case: one hash is that of all
    case, _, tail = data.rpartition(b"\n%evidence-proofs ")
    end = re.fullmatch(rb"([\w+/=]+)(\nstartxref\n\d+\n%%EOF)\n", tail)
    proofs = json.loads(b64decode(end[1]) if case.endswith(end[2]) else "")
    names, parts, manifest = [], {"case.pdf": case}, proofs["manifest"].encode()
    wanted = {"case.pdf": json.loads(manifest)["parts"]["case.pdf"]}
listed, logged = json.loads(manifest), {}
for one in proofs["entries"]:
    path = [bytes.fromhex(step) for step in one["proof"]]
    leaf = sha(b"\0", one["entry"].encode())
    if root_of(leaf, one["index"], int(size) - 1, path) == b64decode(root):
        logged[one["index"]] = one["entry"]
pack, own = logged[proofs["pack"]], f'"manifest_sha256":"{sha(manifest).hex()}"'
if own not in pack or '"kind":"evidence_pack"' not in pack or origin != name:
    sys.exit("WRONG: the log does not name this pack")
if not set(listed["entries"]) <= set(logged):
    sys.exit("WRONG: entries are not in the log, or left out")
hashes = {name: sha(content).hex() for name, content in parts.items()}
if hashes != wanted or len(names) != len(set(names)):
    sys.exit(f"WRONG: {sorted(set(hashes.items()) ^ set(wanted.items()))}")
print(f"{listed['pack']}: {len(parts)} parts and {len(logged)} entries are as logged")
