"""What pages send is read or refused; `tests/security/test_parsers.py` tries whatever else it may be."""

import pytest

from agent.core.errors import ProtocolError
from agent.transport.messages import Chat
from agent.transport.reading import from_page, from_supervisor
from agent.transport.supervisor_messages import Watch

DEEP = '{"type":"leave","later":' + "[" * 5_000 + "]" * 5_000 + "}"


@pytest.mark.parametrize("text", [DEEP, "[" * 15_000, DEEP.replace("leave", "unwatch")])
def test_what_is_nested_too_deeply_is_refused(text: str) -> None:
    """Even in a field that nobody reads it would exhaust the stack, and end the call or the connection by that."""
    with pytest.raises(ProtocolError):
        from_page(text)
    with pytest.raises(ProtocolError):
        from_supervisor(text)


def test_what_later_pages_add_is_passed_over() -> None:
    """Fields that are not known here are no fault."""
    assert from_page('{"type":"chat","text":"hi","mood":[1,{"a":null}]}') == Chat(text="hi")
    assert from_supervisor(b'{"type":"watch","call_id":"c","zoom":2}') == Watch(call_id="c")
