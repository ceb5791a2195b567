"""Writes the TypeScript types of all messages that pages take and send, so that nobody writes a message down twice.

`python -m agent.transport.page_types` writes `webclient/src/wire/messages.ts` and `history.ts` beside it anew after a
change of `agent.transport.messages`, `supervisor_messages` or `history_messages`, `agent.core.signals` or
`agent.core.cards`; a test says when that was forgotten.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect as types

from agent.core.cards import Card
from agent.core.settings import REPOSITORY
from agent.core.signals import Signal, TurnSignal
from agent.transport.history_messages import HistoryAnswer, SearchLine
from agent.transport.messages import FromPage, ToPage
from agent.transport.supervisor_messages import (
    FromSupervisor,
    GlimpseHeader,
    PictureHeader,
    ToSupervisor,
)

PATH = REPOSITORY / "webclient" / "src" / "wire" / "messages.ts"
TAKEN: dict[str, Any] = {"Signal": Signal, "ToPage": ToPage, "ToSupervisor": ToSupervisor}
SENT: dict[str, Any] = {"FromPage": FromPage, "FromSupervisor": FromSupervisor}
"""Fields with a default may be left out in what a page sends, and never are in what it takes."""
SHAPES: dict[str, type] = {"SIGNAL": TurnSignal, "CARD": Card, "PICTURE": PictureHeader, "GLIMPSE": GlimpseHeader}
"""What is looked at within a message. All signals have the fields of one."""
HISTORY_PATH = PATH.with_name("history.ts")
HISTORY: dict[str, Any] = {"HistoryAnswer": HistoryAnswer, "SearchLine": SearchLine}
WIDTH = 120
HEADER = """\
// What the agent and its pages say to each other. Written by `python -m agent.transport.page_types`: change the Python
// classes of the same names instead, which say more.
import type { Shape } from "./shape";
"""


def typescript() -> str:
    """The whole file."""
    interfaces: dict[str, str] = {}
    for kinds, sent in (((*TAKEN.values(), PictureHeader, GlimpseHeader), False), (SENT.values(), True)):
        for kind in kinds:
            for struct in _structs(types.type_info(kind)):
                interfaces.setdefault(struct.cls.__name__, _interface(struct, sent=sent))
    unions = [_union(name, union) for name, union in (TAKEN | SENT).items()]
    shapes = [f"export const {name}_SHAPE: Shape = {_shape(_struct(kind))};" for name, kind in SHAPES.items()]
    by_tag = [_shapes("TO_PAGE", ToPage), _shapes("TO_SUPERVISOR", ToSupervisor)]
    return "\n".join([HEADER, *interfaces.values(), *unions, "", *shapes, *by_tag]) + "\n"


def history_typescript() -> str:
    """The whole file of what the page on past calls is told, which no other page loads."""
    structs = [struct for kind in HISTORY.values() for struct in _structs(types.type_info(kind))]
    interfaces = {struct.cls.__name__: _interface(struct, sent=False) for struct in structs}
    unions = [_union(name, union) for name, union in HISTORY.items()]
    header = HEADER.partition("import")[0]
    return "\n".join([header, *interfaces.values(), *unions]) + "\n"


def _struct(kind: type) -> types.StructType:
    struct = types.type_info(kind)
    assert isinstance(struct, types.StructType)
    return struct


def _members(union: Any) -> list[types.StructType]:
    kind = types.type_info(union)
    assert isinstance(kind, types.UnionType)
    return [member for member in kind.types if isinstance(member, types.StructType)]


def _union(name: str, union: Any) -> str:
    names = [member.cls.__name__ for member in _members(union)]
    line = f"export type {name} = {' | '.join(names)};"
    return line if len(line) <= WIDTH else "\n  | ".join([f"export type {name} =", *names]) + ";"


def _structs(kind: types.Type) -> Iterator[types.StructType]:
    """Every struct in `kind`, those within others and those that they extend first."""
    if isinstance(kind, types.StructType):
        for field in kind.fields:
            yield from _structs(field.type)
        if base := _base(kind):
            yield base
        yield kind
    elif isinstance(kind, types.UnionType):
        for member in kind.types:
            yield from _structs(member)
    elif isinstance(kind, types.TupleType):
        for item in kind.item_types:
            yield from _structs(item)
    elif isinstance(kind, types.CollectionType):
        yield from _structs(kind.item_type)
    elif isinstance(kind, types.DictType):
        yield from _structs(kind.value_type)


def _base(struct: types.StructType) -> types.StructType | None:
    """What it extends, where that has fields."""
    above = struct.cls.__mro__[1]
    return _struct(above) if msgspec.structs.fields(above) else None


def _interface(struct: types.StructType, *, sent: bool) -> str:
    told, base = _field_docs(struct.cls), _base(struct)
    extends = f" extends {base.cls.__name__}" if base else ""
    inherited = {field.name for field in base.fields} if base else set()
    lines = [*_comment(_class_doc(struct.cls), ""), f"export interface {struct.cls.__name__}{extends} {{"]
    if struct.tag is not None and struct.tag != struct.cls.__name__:
        lines.append(f'  {struct.tag_field}: "{struct.tag}";')
    for field in struct.fields:
        if field.name in inherited:
            continue
        optional = "?" if sent and not field.required else ""
        lines += [*_comment(told.get(field.name, ""), "  "), f"  {field.encode_name}{optional}: {_type(field.type)};"]
    return "\n".join([*lines, "}", ""])


def _comment(doc: str, indent: str) -> list[str]:
    """JSDoc of at most 120 columns."""
    lines = textwrap.wrap(re.sub(r"\bNone\b", "null", doc), WIDTH - len(indent) - len("/**  */"))
    match lines:
        case []:
            return []
        case [line]:
            return [f"{indent}/** {line} */"]
        case _:
            return [f"{indent}/**", *(f"{indent} * {line}" for line in lines), f"{indent} */"]


def _class_doc(struct: type) -> str:
    return " ".join((struct.__dict__.get("__doc__") or "").split())


def _field_docs(struct: type) -> dict[str, str]:
    """By field, the text that stands below it in the class."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    assert isinstance(definition, ast.ClassDef)
    docs = {}
    for field, below in zip(definition.body, definition.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(doc))):
                docs[name] = " ".join(doc.split())
    return docs


def _type(kind: types.Type) -> str:
    match kind:
        case types.StructType(cls=struct):
            return struct.__name__
        case types.UnionType(types=members):
            if {getattr(member, "cls", None) for member in members} == {signal.cls for signal in _members(Signal)}:
                return "Signal"
            return " | ".join(_type(member) for member in members)
        case types.TupleType(item_types=items):
            return f"[{', '.join(_type(item) for item in items)}]"
        case types.CollectionType(item_type=item):
            inner = _type(item)
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case types.DictType(value_type=value):
            return f"Record<string, {_type(value)}>"
        case types.LiteralType(values=values):
            return " | ".join(f'"{value}"' for value in values)
        case types.EnumType(cls=enum):
            return " | ".join(f'"{member.value}"' for member in enum)
        case types.NoneType():
            return "null"
        case _:
            return _KINDS[type(kind)]


_KINDS: dict[type[types.Type], str] = {
    types.StrType: "string",
    types.IntType: "number",
    types.FloatType: "number",
    types.BoolType: "boolean",
}


def _shapes(name: str, union: Any) -> str:
    """An object literal of shapes by tag."""
    lines = [f"  {struct.tag}: {_shape(struct)}," for struct in _members(union)]
    return "\n".join([f"export const {name}_SHAPES = {{", *lines, "} satisfies Record<string, Shape>;"])


def _shape(struct: types.StructType) -> str:
    """An object literal: the kind of each field that is never null."""
    fields = {field.encode_name: kind for field in struct.fields if (kind := _field_kind(field.type))}
    inner = ", ".join(f'{name}: "{kind}"' for name, kind in fields.items())
    return f"{{ {inner} }}"


def _field_kind(kind: types.Type) -> str | None:
    """What JavaScript takes a value for; None where it may be null."""
    match kind:
        case types.UnionType(types=members):
            kinds = {_field_kind(member) for member in members}
            return kinds.pop() if len(kinds) == 1 else None
        case types.StructType() | types.DictType():
            return "object"
        case types.CollectionType() | types.TupleType():
            return "array"
        case types.LiteralType() | types.EnumType():
            return "string"
        case types.NoneType():
            return None
        case _:
            return _KINDS[type(kind)]


if __name__ == "__main__":
    for path, text in ((PATH, typescript()), (HISTORY_PATH, history_typescript())):
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(REPOSITORY))
