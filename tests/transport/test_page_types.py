"""The types that pages are built with are those of the messages that the agent sends."""

from agent.transport.page_types import HISTORY_PATH, PATH, history_typescript, typescript


def test_the_pages_types_are_written_anew_after_a_change() -> None:
    """A message, signal or part of a card cannot be changed on one side only; `page_types` says how."""
    assert PATH.read_text(encoding="utf-8") == typescript()
    assert HISTORY_PATH.read_text(encoding="utf-8") == history_typescript()


def test_what_a_page_may_leave_out_is_told_from_what_it_is_always_given() -> None:
    """Fields with a default are optional in what a page sends and not in what it takes; null stays null."""
    written = typescript()
    assert 'export interface Watch {\n  type: "watch";\n  call_id: string;\n' in written
    assert "  pictures?: boolean;" in written
    assert "  because: string[];" in written
    assert "  reason: string | null;" in written


def test_shapes_hold_every_field_that_is_never_null() -> None:
    """A page can rely on what it has looked at, and passes nothing over for being null."""
    card = next(line for line in typescript().splitlines() if line.startswith("export const CARD_SHAPE"))
    assert 'rows: "array"' in card and 'title: "string"' in card
    assert "table" not in card
