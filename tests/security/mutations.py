"""Breaks sound offers and messages: by structure, by line, by word and by letter, and always alike for one seed."""

import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import msgspec
from hypothesis import strategies as st

HOSTILE_WORDS = (
    "", "0", "-1", "65536", "4294967296", "9" * 30, "9" * 5_000, "1e308", "-1e-308", "NaN", "0x10", "٣", "½",
    "\x00", "\ufeff", "\u202e", "\U0001f600" * 50, "ﬀ" * 200, "%s%n", "../../etc/passwd", "'; DROP TABLE calls; --",
    "::1", "169.254.169.254", "fe80::1%lo", "example.invalid", "x.local", "true", "null", "{}", "a" * 3_000, "\r", "\n",
)  # fmt: skip
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
DEEP = "to be replaced by lists within lists"
HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**31, 2**53, 2**63, 2**64, 10**300, 1e308, -1e308, 5e-324, "", [], {}, [[]], [None] * 50,
    {"": ""}, {"type": "leave"}, *HOSTILE_WORDS,
)  # fmt: skip


def mangled_lines(text: str, chance: random.Random) -> str:
    """`text`, whose lines matter as those of SDP do, with one to four faults."""
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 4)):
        if lines:
            chance.choice(_LINE_FAULTS)(lines, chance)
    return "".join(lines)


def mangled_json(text: str, chance: random.Random) -> str:
    """A JSON object with one to three faults of its values, or one of its letters."""
    if chance.random() < 0.25:
        return _mangled_letters(text, chance)
    value = json.loads(text)
    for _ in range(chance.randint(1, 3)):
        holder = _any_holder(value, chance)
        key = chance.choice([*holder, "type", "extra"])
        match chance.randrange(4):
            case 0:
                holder.pop(key, None)
            case 1:
                holder[key] = DEEP
            case 2:
                holder[chance.choice(HOSTILE_WORDS)] = deepcopy(holder.get(key))
            case _:
                holder[key] = deepcopy(chance.choice(HOSTILE_VALUES))
    depth = chance.choice([3, 100, 2_000])
    return json.dumps(value, ensure_ascii=chance.random() < 0.5).replace(f'"{DEEP}"', "[" * depth + "]" * depth)


def mangled_bytes(data: bytes, chance: random.Random) -> bytes:
    """A file with some of its bytes changed, a piece doubled or gone, or its end."""
    broken = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(broken) + 1)
        piece = chance.randint(1, 64)
        match chance.randrange(4):
            case 0:
                broken[at : at + piece] = chance.randbytes(len(broken[at : at + piece]))
            case 1:
                del broken[at : at + piece]
            case 2:
                broken[at:at] = broken[at : at + piece]
            case _:
                broken[at : at + 4] = chance.choice([b"\xff" * 4, b"\x00" * 4, b"\x7f\xff\xff\xff"])
    return bytes(broken[: chance.randrange(len(broken) + 1)] if chance.random() < 0.2 else broken)


def json_values() -> st.SearchStrategy[Any]:
    """Anything that JSON can hold."""
    return st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )


def messages_of(union: Any) -> st.SearchStrategy[str]:
    """Sound JSON texts of the structs in `union`."""
    return _values_of(msgspec.inspect.type_info(union)).map(json.dumps)


def mangled_messages_of(union: Any) -> st.SearchStrategy[str]:
    """The same, broken."""
    return st.builds(mangled_json, messages_of(union), st.randoms(use_true_random=False))


def _values_of(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    """What JSON may hold for a value of this type."""
    match kind:
        case msgspec.inspect.StructType(fields=fields, tag=tag, tag_field=tag_field):
            values = {field.encode_name: _values_of(field.type) for field in fields}
            needed = {field.encode_name: values.pop(field.encode_name) for field in fields if field.required}
            return st.fixed_dictionaries(needed | ({tag_field: st.just(tag)} if tag_field else {}), optional=values)
        case msgspec.inspect.UnionType(types=types):
            return st.one_of([_values_of(one) for one in types])
        case msgspec.inspect.TupleType(item_types=types):
            return st.tuples(*[_values_of(one) for one in types])
        case msgspec.inspect.CollectionType(item_type=item):
            return st.lists(_values_of(item), max_size=3)
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_values_of(key), _values_of(value), max_size=3)
        case msgspec.inspect.LiteralType(values=choices):
            return st.sampled_from(choices)
        case msgspec.inspect.EnumType(cls=enum):
            return st.sampled_from([member.value for member in enum])
        case msgspec.inspect.StrType(min_length=shortest):
            return st.text(min_size=shortest or 0, max_size=20)
        case msgspec.inspect.IntType(ge=least, le=most):
            return st.integers(-(2**63) if least is None else least, 2**63 - 1 if most is None else most)
        case msgspec.inspect.FloatType(ge=low, le=high):
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case _:
            return {msgspec.inspect.BoolType: st.booleans(), msgspec.inspect.NoneType: st.none()}[type(kind)]


def _drop(lines: list[str], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines))]


def _double(lines: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(lines))
    lines[at:at] = [lines[at]] * chance.choice([1, 1, 2, 70, 700])


def _swap(lines: list[str], chance: random.Random) -> None:
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _shuffle(lines: list[str], chance: random.Random) -> None:
    at, length = chance.randrange(len(lines)), chance.randint(2, 20)
    piece = lines[at : at + length]
    chance.shuffle(piece)
    lines[at : at + length] = piece


def _cut(lines: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(lines))
    lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
    del lines[at + 1 :]


def _splice(lines: list[str], chance: random.Random) -> None:
    """The beginning of one line with the end of another."""
    at, head, tail = chance.randrange(len(lines)), chance.choice(lines), chance.choice(lines)
    lines[at] = head[: chance.randrange(len(head) + 1)] + tail[chance.randrange(len(tail) + 1) :]


def _spoil_word(lines: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(lines))
    words = lines[at].split(" ")
    words[chance.randrange(len(words))] = chance.choice(HOSTILE_WORDS)
    lines[at] = " ".join(words)


def _spoil_value(lines: list[str], chance: random.Random) -> None:
    """What stands behind the colon or the equals sign."""
    at = chance.randrange(len(lines))
    name, sign, _ = lines[at].partition(chance.choice(":="))
    lines[at] = f"{name}{sign}{chance.choice(HOSTILE_WORDS)}\r\n"


def _spoil_letters(lines: list[str], chance: random.Random) -> None:
    at = chance.randrange(len(lines))
    lines[at] = _mangled_letters(lines[at], chance)


def _spoil_ends(lines: list[str], chance: random.Random) -> None:
    ending = chance.choice(["", "\n", "\r", "\x00\r\n", "\u2028", "\r\n\r\n"])
    lines[:] = [line.rstrip("\r\n") + ending for line in lines]


_LINE_FAULTS: tuple[Callable[[list[str], random.Random], None], ...] = (
    _drop, _double, _swap, _shuffle, _cut, _splice, _spoil_word, _spoil_word, _spoil_value, _spoil_value,
    _spoil_letters, _spoil_ends,
)  # fmt: skip


def _mangled_letters(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    match chance.randrange(4):
        case 0:
            return text[:at]
        case 1:
            return text[:at] + text[at + 1 :]
        case 2:
            return text[:at] + chance.choice(HOSTILE_WORDS) + text[at:]
        case _:
            return text[:at] + text[: chance.randrange(len(text) + 1)] + text[at:]


def _any_holder(value: Any, chance: random.Random) -> dict[str, Any]:
    """One of the objects within `value`, itself among them."""
    holders, waiting = [value], [value]
    while waiting:
        one = waiting.pop()
        inner = [held for held in (one.values() if isinstance(one, dict) else one) if isinstance(held, (dict, list))]
        waiting += inner
        holders += [held for held in inner if isinstance(held, dict)]
    holder: dict[str, Any] = chance.choice(holders)
    return holder
