"""Bundles of evidence: written as zip files with a manifest of digests, read as if an enemy wrote them."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fairlead.documents.json_text import read_document
from fairlead.ledger.archived import ArchivedVersions
from fairlead.ledger.evidence import Evidence
from fairlead.ledger.recomputing import from_basis
from fairlead.problems import DocumentError, Problem, RecordError, StoreError, UsageError
from fairlead.project.envelope import Envelope, Role, Signer, read_envelope, sign

__all__ = ["BUNDLE_KIND", "Bundle", "BundleCheck", "check_bundle", "is_bundle", "read_bundle", "write_bundle"]

#: what the manifest says that it is
BUNDLE_KIND = "evidence"
_MANIFEST = "manifest.json"
#: what zip files begin with; an empty one begins otherwise, and is no bundle
_MAGIC = b"PK\x03\x04"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# no bundle of one partner is larger: bytes of the file and of its members together, and their number
_MAX_BYTES, _MAX_UNPACKED, _MAX_MEMBERS = 256 * 1024 * 1024, 512 * 1024 * 1024, 5000
#: what reading a zip file that was damaged raises
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
)
#: the date of every member, so that equal evidence gives equal bytes
_WRITTEN = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Bundle:
    """A bundle as read: its manifest, signed or not, and its files; nothing is verified yet."""

    path: Path
    envelope: Envelope
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class BundleCheck:
    """What was found in a bundle.

    `entries` are in it; `recomputed` of them were recomputed here from the rule and the facts in the bundle,
    and `stated` are as the facility says, since their inputs are not in it.
    """

    problems: tuple[Problem, ...]
    entries: int
    recomputed: int
    stated: int


def write_bundle(
    path: Path, evidence: Evidence, *, signer: Signer | None, role: Role | None, at: datetime
) -> Envelope:
    """Write a bundle and return its manifest; unsigned without a signer."""
    payload = {
        "fairlead": 1,
        "kind": BUNDLE_KIND,
        **evidence.facts,
        "files": [
            {"name": name, "bytes": len(content), "digest": _digest(content)}
            for name, content in sorted(evidence.files.items())
        ],
    }
    envelope = Envelope(payload, ())
    text = json.dumps(payload, indent=2, ensure_ascii=False) + "\n"
    if signer is not None:
        assert role is not None
        envelope = envelope.with_signature(sign(payload, signer, role, at))
        text = envelope.text()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in [(_MANIFEST, text.encode()), *sorted(evidence.files.items())]:
            member = zipfile.ZipInfo(name, _WRITTEN)
            member.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(member, content)
    return envelope


def is_bundle(path: Path) -> bool:
    """Tell whether a file is a zip file; one that cannot be read is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def read_bundle(path: Path) -> Bundle:
    """Read a bundle into memory; nothing is unpacked to the disk.

    Raises DocumentError for one that is too large, holds a name or a member that no bundle has, or cannot be
    read.
    """
    if path.stat().st_size > _MAX_BYTES:
        raise _unsafe(path, f"it is larger than {_MAX_BYTES // 1024**2} MiB")
    try:
        with zipfile.ZipFile(path) as file:
            files = dict(_members(path, file))
    except _BROKEN:
        raise _unsafe(path, "it is not a zip file that can be read") from None
    except OSError as error:
        raise _unsafe(path, (error.strerror or "it cannot be read").lower()) from None
    manifest = files.pop(_MANIFEST, None)
    if manifest is None:
        raise _unsafe(path, f"it has no `{_MANIFEST}`")
    document = read_document(manifest, name=f"{path}:{_MANIFEST}")
    value = document.value
    is_signed = isinstance(value, dict) and value.get("kind") == "signed"
    envelope = (
        read_envelope(document) if is_signed else Envelope(value if isinstance(value, dict) else {}, ())
    )
    if envelope.payload.get("kind") != BUNDLE_KIND:
        message = "the manifest is not one of a bundle of evidence"
        raise DocumentError([Problem("wrong-kind", message, file=str(path), allowed=(BUNDLE_KIND,))])
    return Bundle(path, envelope, files)


def check_bundle(bundle: Bundle) -> BundleCheck:
    """Return what is wrong with a bundle, signatures aside: its files, its replay and its amounts."""
    problems = list(_file_problems(bundle))
    payload = bundle.envelope.payload
    if payload.get("recomputed") is not True:
        message = "the facility's own replay found differences"
        problems.append(_damaged(bundle, message, remedy="read `replay.json`"))
    if payload.get("verified") is not True:
        message = "the facility's ledger was not as it was written"
        problems.append(_damaged(bundle, message, remedy="read `replay.json`"))
    entries = recomputed = 0
    versions = ArchivedVersions(lambda digest: _document(bundle, digest))
    for number, line in enumerate(bundle.files.get("entries.jsonl", b"").splitlines(), start=1):
        entries += 1
        try:
            done = _recomputed(read_document(line, name=f"entries.jsonl:{number}").value, versions)
        except (DocumentError, RecordError, StoreError, UsageError) as error:
            problems.append(_damaged(bundle, f"entry {number}: {error.problems[0].message}"))
            continue
        except (KeyError, TypeError, ValueError, AttributeError):
            problems.append(_damaged(bundle, f"line {number} of `entries.jsonl` is no entry"))
            continue
        if isinstance(done, str):
            problems.append(_damaged(bundle, done))
        recomputed += done is True
    if payload.get("entries") != entries:
        problems.append(_damaged(bundle, f"the manifest has {payload.get('entries')} entries, not {entries}"))
    return BundleCheck(tuple(problems), entries, recomputed, entries - recomputed)


def _recomputed(entry: Mapping[str, Any], versions: ArchivedVersions) -> bool | str:
    """Return whether an entry's amount before limits could be recomputed; or in what it differs."""
    if entry["kind"] != "accrual":
        return False
    version = versions.version(entry["ruleset"], entry["zone"])
    reward = next((each for each in version.rewards if each.name == entry["reward"]), None)
    if reward is None:
        return f"entry {entry['entry']}: its rule has no reward `{entry['reward']}`"
    basis = entry["basis"]
    if not version.is_covered(reward, basis):
        return False
    record = from_basis(basis)
    record.setdefault(reward.payee, {})["id"] = entry["payee"]
    day = date.fromisoformat(entry["day"])
    every = version.earned(version.program.check(record), day)
    earned = next(each for each in every if each.reward.name == reward.name)
    if earned.units != entry["asked_units"]:
        return (
            f"entry {entry['entry']}: its amount before limits is {entry['asked_units']} "
            f"{entry['currency']} in minor units, and the rule gives {earned.units}"
        )
    return True


def _members(path: Path, file: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    infos = file.infolist()
    if len(infos) > _MAX_MEMBERS:
        raise _unsafe(path, f"it has more than {_MAX_MEMBERS:,} members")
    names = [info.filename for info in infos]
    if len(set(names)) != len(names):
        raise _unsafe(path, "a member is there twice")
    left = _MAX_UNPACKED
    for info in infos:
        if not _NAME.fullmatch(info.filename) or info.flag_bits & 1 or info.compress_type not in _METHODS:
            raise _unsafe(path, "a member has a name or a form that no bundle has")
        with file.open(info) as member:
            # what a member says about its size is not believed
            content = member.read(left + 1)
        left -= len(content)
        if left < 0:
            raise _unsafe(path, f"it unpacks to more than {_MAX_UNPACKED // 1024**2} MiB")
        yield info.filename, content


def _file_problems(bundle: Bundle) -> Iterable[Problem]:
    listed = bundle.envelope.payload.get("files")
    stated: dict[str, str] = {}
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, dict):
            stated[str(each.get("name"))] = str(each.get("digest"))
    for name in sorted(stated.keys() | bundle.files.keys()):
        if name not in bundle.files:
            yield _damaged(bundle, f"`{name}` is missing")
        elif name not in stated:
            yield _damaged(bundle, f"`{name}` is not in the manifest")
        elif _digest(bundle.files[name]) != stated[name]:
            yield _damaged(bundle, f"`{name}` is not the file of its digest")


def _document(bundle: Bundle, digest: str) -> Any:
    name = f"documents/{digest.partition(':')[2]}.json"
    content = bundle.files.get(name)
    if content is None:
        message = f"its rule `{digest}` is not in the bundle"
        raise UsageError([Problem("unknown-digest", message, found=digest)])
    return read_document(content, name=name).value


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _damaged(bundle: Bundle, message: str, remedy: str | None = None) -> Problem:
    return Problem("bundle-damaged", message, file=str(bundle.path), remedy=remedy)


def _unsafe(path: Path, why: str) -> DocumentError:
    message = f"`{path}` cannot be read as a bundle of evidence: {why}"
    remedy = "ask for the bundle again from who made it"
    return DocumentError([Problem("bundle-unsafe", message, file=str(path), remedy=remedy)])
