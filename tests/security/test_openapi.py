"""What the published OpenAPI document says is true: whatever is asked by it gets an answer that it tells of."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.security.conftest import API_KEY, faults_in_log
from tests.serving import STAFF, RunningAgent

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = [
    pytest.param(8, marks=pytest.mark.timeout(240)),
    pytest.param(400, marks=[pytest.mark.security, pytest.mark.timeout(3_600)]),
]
BEARERS: list[dict[str, str]] = [
    {},
    STAFF,
    {"Authorization": f"Bearer {API_KEY}"},
    {"Authorization": "Bearer nobody's"},
]


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag", "image/*", "audio/*")
def _as_text(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("mode", GenerationMode)
def test_every_operation_answers_as_it_is_published(agent: RunningAgent, examples: int, mode: GenerationMode) -> None:
    """Asked as the document says or against it, with keys and without: no 500, and no answer of another kind."""
    published = schemathesis.openapi.from_url(f"{agent.url}/openapi.json")
    tried = [_try(found, mode, examples) for found in published.get_all_operations()]
    assert tried.count(True) >= {GenerationMode.POSITIVE: 12, GenerationMode.NEGATIVE: 6}[mode]
    assert faults_in_log(agent) == []


def _try(found: Any, mode: GenerationMode, examples: int) -> bool:
    """Whether there is anything to ask of an operation: what takes nothing cannot be asked wrongly."""
    assert isinstance(found, Ok), found
    operation = found.ok()

    @hypothesis_settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode), bearer=st.sampled_from(BEARERS))
    def holds(case: Any, bearer: dict[str, str]) -> None:
        case.call_and_validate(headers=bearer, checks=CHECKS)

    try:
        holds()
    except Unsatisfiable:
        return False
    return True
