"""What of a project an account lacks, in one wording for the check-up and for a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fairlead.documents.positions import join_pointer, split_pointer
from fairlead.plugins.fields import FieldInfo, FieldKind, FieldSpec, ObjectInfo
from fairlead.problems import Problem, nearest_name
from fairlead.sync.mapping import RECORD, CrmMapping, unknown_field
from fairlead.sync.overrides import fits
from fairlead.sync.provisioning import provisioned_specs
from fairlead.sync.session import Session

__all__ = ["Comparison", "compare"]

_TEXTS = (FieldKind.TEXT, FieldKind.LONG_TEXT)
_PROVISION = "run `fairlead provision --dry-run`, then `fairlead provision`"
#: fields that a message names; the others are counted
_NAMED = 6


@dataclass
class Comparison:
    """A project and its account: `problems` keep the two from syncing, `notes` do not."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


def compare(session: Session, objects: Mapping[str, ObjectInfo]) -> Comparison:
    """Return what an account, described as `objects`, lacks of what a project reads and writes.

    Fields of ours that are not there make one problem for each object: provisioning mends them at once.
    """
    found = Comparison()
    specs = [spec for spec in provisioned_specs(session) if spec.object in objects]
    lacking = {(spec.object, spec.name) for spec in specs if objects[spec.object].field(spec.name) is None}
    mapped = [
        *session.mapping.kind_problems(list(objects.values())),
        *_place_problems(session, objects, found.notes),
    ]
    theirs = [
        problem
        for problem in dict.fromkeys(mapped)
        if problem.code != "unknown-field" or not _is_ours(session.mapping, problem, lacking)
    ]
    found.problems += session.mapping.locate(theirs)
    found.notes += _override_notes(session)
    found.notes[:] = session.mapping.locate(found.notes)
    found.problems += _missing(specs, lacking)
    found.problems += _not_ours_to_write(specs, objects)
    for spec in specs:
        there = objects[spec.object].field(spec.name)
        if spec.purpose == "override" and there is not None and not fits(spec, there.kind):
            found.problems.append(_no_override_field(spec, there))
    return found


def _is_ours(mapping: CrmMapping, problem: Problem, lacking: set[tuple[str, str]]) -> bool:
    """Tell whether a field that a mapping names in vain is one that provisioning makes."""
    part, name, *_ = split_pointer(problem.pointer)
    object_ = name if part == "objects" else mapping.object_of(name)
    return (object_, problem.found) in lacking


def _override_notes(session: Session) -> Iterator[Problem]:
    """Yield overrides of which nobody has said what they must not hide."""
    fields = session.result_fields(session.plan(session.clock(), draft=True))
    known = {name: each for of_object in fields.values() for name, each in of_object.overrides.items()}
    for position, listed in enumerate(session.mapping.document.overrides):
        if isinstance(listed, str) and listed in known and known[listed].value.options:
            yield Problem(
                "override-hides-all",
                f"an override of `{listed}` stands above whatever was decided",
                f"/overrides/{position}",
                found=listed,
                remedy=f'write {{"decision": "{listed}", "never_over": [...]}}, with the results that are to '
                "stand against any override",
            )


# fields of ours


def _missing(specs: Iterable[FieldSpec], lacking: set[tuple[str, str]]) -> Iterator[Problem]:
    by_object: dict[str, dict[str, None]] = {}
    for spec in specs:
        if (spec.object, spec.name) in lacking:
            by_object.setdefault(spec.object, {})[spec.name] = None
    for object_, names in by_object.items():
        said = (
            f"`{object_}` lacks {_fields(names)} of ours, or the integration user cannot see {_them(names)}"
        )
        yield Problem(
            "missing-result-field", f"{said}: {_listed(names)}", found=next(iter(names)), remedy=_PROVISION
        )


def _not_ours_to_write(specs: Iterable[FieldSpec], objects: Mapping[str, ObjectInfo]) -> Iterator[Problem]:
    by_object: dict[str, dict[str, None]] = {}
    for spec in specs:
        there = objects[spec.object].field(spec.name)
        if spec.purpose == "result" and there is not None and not there.writable:
            by_object.setdefault(spec.object, {})[spec.name] = None
    for object_, names in by_object.items():
        said = f"the integration user may not write {_fields(names)} of ours of `{object_}`"
        remedy = "run `fairlead provision`, which grants them where the CRM allows it, or grant them there"
        yield Problem(
            "missing-result-field", f"{said}: {_listed(names)}", found=next(iter(names)), remedy=remedy
        )


def _them(names: Mapping[str, None]) -> str:
    return "it" if len(names) == 1 else "them"


def _fields(names: Mapping[str, None]) -> str:
    return f"{len(names)} {'field' if len(names) == 1 else 'fields'}"


def _listed(names: Mapping[str, None]) -> str:
    shown = ", ".join(f"`{name}`" for name in list(names)[:_NAMED])
    return shown + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _no_override_field(spec: FieldSpec, found: FieldInfo) -> Problem:
    return Problem(
        "wrong-kind",
        f"the field `{spec.object}.{spec.name}` holds {found.kind.replace('_', ' ')}, which nothing can be "
        "overridden with",
        found=found.kind.value,
        allowed=(spec.kind.value,),
        remedy="rename the field that is there, and run `fairlead provision`",
    )


# what a mapping names besides facts


def _place_problems(
    session: Session, objects: Mapping[str, ObjectInfo], notes: list[Problem]
) -> Iterator[Problem]:
    mapping = session.mapping
    by_label = session.connector.capabilities().labelled_links
    for name, part in mapping.document.objects.items():
        if name not in objects:
            continue
        described = objects[name]
        if part.only is not None:
            pointer = join_pointer(["objects", name, "only"])
            there = described.field(part.only.field)
            if there is None:
                remedy = "say in `only` which records are meant, by a field that is there"
                yield unknown_field(described, part.only.field, f"{pointer}/field", remedy)
            else:
                yield from _filter_problems(name, there, part.only.values, pointer, notes)
        for entity, entity_part in part.entities.items():
            for position, each in enumerate(entity_part.present or ()):
                if described.field(each) is None:
                    pointer = join_pointer(["objects", name, "entities", entity, "present", position])
                    remedy = f"name the field that tells that there is a `{entity}`, or provision it"
                    yield unknown_field(described, each, pointer, remedy)
        if by_label:
            # labels are no fields: reading says which one is missing
            continue
        for link, each_link in part.links.items():
            if each_link.via is not None:
                pointer = join_pointer(["objects", name, "links", link, "via"])
                yield from _link_problems(described, each_link.via, each_link.object, pointer)
    yield from _code_problems(mapping, objects, by_label=by_label)


def _filter_problems(
    object_: str, there: FieldInfo, values: Iterable[object], pointer: str, notes: list[Problem]
) -> Iterator[Problem]:
    """Yield a problem where no record can pass a filter, and note values that the field does not have."""
    options = tuple(option.value for option in there.options)
    wanted = list(values)
    unknown = [value for value in wanted if options and isinstance(value, str) and value not in options]
    for position, value in enumerate(wanted):
        if value not in unknown:
            continue
        problem = Problem(
            "unknown-option",
            f"`{object_}.{there.name}` has no option `{value}`"
            + (", so that no record is read at all" if len(unknown) == len(wanted) else ""),
            f"{pointer}/values/{position}",
            found=str(value),
            allowed=options,
            nearest=nearest_name(str(value), options),
            remedy=f"say in `only` of `{object_}` which records are meant",
        )
        if len(unknown) == len(wanted):
            yield problem
        else:
            notes.append(problem)


def _link_problems(described: ObjectInfo, via: str, target: str, pointer: str) -> Iterator[Problem]:
    there = described.field(via)
    if there is None:
        yield unknown_field(described, via, pointer, f"name the lookup to `{target}`, or provision it")
    elif there.kind is not FieldKind.LINK or (there.links_to and target not in there.links_to):
        led = "`, `".join(there.links_to)
        said = f"points to `{led}`" if led else f"holds {there.kind.replace('_', ' ')}"
        yield Problem(
            "wrong-field-kind",
            f"the field `{described.name}.{via}` {said}, and the link needs one to `{target}`",
            pointer,
            found=there.links_to[0] if led else there.kind.value,
            allowed=(target,) if led else (FieldKind.LINK.value,),
            remedy=f"name a lookup to `{target}`",
        )


def _code_problems(
    mapping: CrmMapping, objects: Mapping[str, ObjectInfo], *, by_label: bool
) -> Iterator[Problem]:
    codes = mapping.document.tracking_code
    if codes is None:
        return
    for entity, name in (("partner", codes.partner), ("lead", codes.lead)):
        object_ = mapping.object_of(entity)
        if object_ is None or object_ not in objects:
            continue
        pointer = f"/tracking_code/{entity}"
        there = objects[object_].field(name)
        if there is None:
            yield unknown_field(
                objects[object_], name, pointer, f"name the field with the code of a `{entity}`"
            )
        elif there.kind not in _TEXTS:
            yield Problem(
                "wrong-field-kind",
                f"the field `{object_}.{name}` holds {there.kind.replace('_', ' ')}, and a code is a text",
                pointer,
                found=there.kind.value,
                allowed=tuple(kind.value for kind in _TEXTS),
                remedy="name a field for text",
            )
        elif entity == "partner" and not there.writable:
            yield _not_writable(object_, name, pointer, "a new partner's code")
    leads = mapping.object_of("lead")
    if leads is None or leads not in objects or by_label:
        return
    part = mapping.document.objects[leads]
    link = part.entities["lead"].links.get("partner")
    via = part.links[link].via if link is not None and link != RECORD else None
    there = objects[leads].field(via) if via is not None else None
    if via is not None and there is not None and not there.writable:
        pointer = join_pointer(["objects", leads, "links", str(link), "via"])
        yield _not_writable(leads, via, pointer, "the partner of a lead's code")


def _not_writable(object_: str, name: str, pointer: str, what: str) -> Problem:
    return Problem(
        "missing-result-field",
        f"the integration user may not write `{object_}.{name}`, which {what} goes to",
        pointer,
        found=name,
        remedy="let it write the field, or take `tracking_code` out of the mapping",
    )
