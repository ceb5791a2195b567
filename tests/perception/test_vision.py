"""One frame's reading holds what was agreed to, costs only that, and never makes anything up."""

import cv2
import numpy as np
import pytest

from agent.core.budget import RATES, Rates, Rung
from agent.core.clock import FakeClock
from agent.core.consent import Purpose
from agent.core.settings import Settings, VisionSettings
from agent.core.types import EXPRESSIONS, GESTURES
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.regions import Picture
from agent.perception.vision import VisionAnalyser, VisionState
from tests.perception.pictures import add_face, add_hand, consent, frame, with_face

FACE_MODELS = {"face_detection", "face_landmark", "expression"}
HAND_MODELS = {"palm_detection", "hand_landmark_int8", "gesture"}
FACE_AND_HAND = add_hand(with_face(x=220, y=200, face_px=150), x=500, y=330, scale=0.7, left=True)


@pytest.fixture(scope="module")
def analyser(runtime: Runtime) -> VisionAnalyser:
    return VisionAnalyser(runtime, VisionSettings(), FakeClock())


def test_reads_face_and_hand(analyser: VisionAnalyser) -> None:
    """With consent to both, a reading holds one face with its expression, one hand with its sign, and their stages."""
    state = VisionState(consent(Purpose.EXPRESSION, Purpose.GESTURE))
    given = frame(FACE_AND_HAND, at_ms=40)
    reading = analyser.analyse(given, state)
    assert reading.valid and reading.reason is None
    assert reading.stamp is given.stamp and reading.call_id == given.call_id
    assert (reading.width_px, reading.height_px) == (640, 480)
    (face,), (hand,) = reading.faces, reading.hands
    assert face.expression is not None and face.expression.valid, face.expression
    assert face.expression.probabilities is not None
    assert face.expression.probabilities.shape == (len(EXPRESSIONS),)
    assert EXPRESSIONS[int(face.expression.probabilities.argmax())] == "happiness"
    assert hand.side == "left" and hand.gesture in GESTURES and 0 <= hand.gesture_prob <= 1
    stages = ["convert", "face_detection", "face_mesh", "expression", "palm_detection", "hand", "gesture"]
    assert list(reading.stage_ms) == stages
    assert all(took_ms >= 0 for took_ms in reading.stage_ms.values())
    assert set(state.model_runs) == FACE_MODELS | HAND_MODELS
    assert reading.preview_jpeg is None


@pytest.mark.parametrize(
    ("purposes", "expected"),
    [
        ((Purpose.EXPRESSION,), FACE_MODELS),
        ((Purpose.GESTURE,), HAND_MODELS),
        ((Purpose.SPEECH, Purpose.VOICE_EMOTION, Purpose.RECORDING), set()),
        ((), set()),
    ],
)
def test_runs_only_models_that_were_agreed_to(
    runtime: Runtime, purposes: tuple[Purpose, ...], expected: set[str]
) -> None:
    """What was not agreed to costs zero runs of any session, and nothing of it is in the reading."""
    analyser = VisionAnalyser(runtime, VisionSettings(), FakeClock())
    state = VisionState(consent(*purposes))
    before = runtime.runs()
    for number in range(3):
        reading = analyser.analyse(frame(FACE_AND_HAND, at_ms=number * 67), state)
        assert bool(reading.faces) == (Purpose.EXPRESSION in purposes)
        assert bool(reading.hands) == (Purpose.GESTURE in purposes)
    assert {name for name, runs in runtime.runs().items() if runs > before[name]} == expected
    assert set(state.model_runs) == expected


def test_hands_and_expression_can_be_read_less_often(analyser: VisionAnalyser) -> None:
    """Of two seconds at 15 frames a second hands are read five times a second, expression four, the face always."""
    state = VisionState(consent(Purpose.EXPRESSION, Purpose.GESTURE), rates=Rates(hands_hz=5, expression_hz=4))
    readings = [analyser.analyse(frame(FACE_AND_HAND, at_ms=number * 1_000 / 15), state) for number in range(30)]
    assert all(reading.valid and reading.faces for reading in readings)
    hands_read, expressions_read = (
        sum(reading.hands_read for reading in readings),
        sum(reading.faces[0].expression is not None for reading in readings),
    )
    assert 10 <= hands_read <= 12 and 8 <= expressions_read <= 10
    assert all(bool(reading.hands) == reading.hands_read for reading in readings)
    assert (state.model_runs["expression"], state.model_runs["gesture"]) == (expressions_read, hands_read)


@pytest.mark.parametrize("rung", list(Rung))
def test_no_rung_reads_what_was_not_agreed_to(analyser: VisionAnalyser, rung: Rung) -> None:
    """Whatever the rates, without consent to hands no hand is searched for or read, and its absence is no gap."""
    state = VisionState(consent(Purpose.EXPRESSION), rates=RATES[rung])
    readings = [analyser.analyse(frame(FACE_AND_HAND, at_ms=number * 125), state, search=False) for number in range(8)]
    analyser.search(state)
    assert all(reading.hands == () and reading.hands_read for reading in readings)
    assert not set(state.model_runs) & HAND_MODELS


@pytest.mark.parametrize("size", [(320, 240), (1_280, 960), (480, 360), (640, 360), (360, 640)])
def test_the_same_people_in_a_picture_of_another_size(analyser: VisionAnalyser, size: tuple[int, int]) -> None:
    """A browser that sends less, or more, sends the same face and the same hand; no frame of the face is lost. In
    another shape the hand is another one at worst, and the face still the customer's."""
    state = VisionState(consent(Purpose.EXPRESSION, Purpose.GESTURE))
    for number in range(3):
        before = analyser.analyse(frame(FACE_AND_HAND, at_ms=number * 40), state)
    resized = np.asarray(cv2.resize(FACE_AND_HAND, size, interpolation=cv2.INTER_AREA), np.uint8)
    if size[0] * 3 != size[1] * 4:
        resized = _padded(FACE_AND_HAND, size)
    for number in range(3, 6):
        after = analyser.analyse(frame(resized, at_ms=number * 40), state)
        assert [face.track_id for face in after.faces] == [before.faces[0].track_id]
        assert after.bystanders == ()
        if size[0] * 3 == size[1] * 4:
            assert [hand.track_id for hand in after.hands] == [before.hands[0].track_id]


def _padded(picture: Picture, size: tuple[int, int]) -> Picture:
    """The picture as large as it fits into another shape, in the middle of grey."""
    width_px, height_px = size
    scale = min(width_px / picture.shape[1], height_px / picture.shape[0])
    small = cv2.resize(picture, (round(picture.shape[1] * scale), round(picture.shape[0] * scale)))
    padded = np.full((height_px, width_px, 3), 90, np.uint8)
    top, left = (height_px - small.shape[0]) // 2, (width_px - small.shape[1]) // 2
    padded[top : top + small.shape[0], left : left + small.shape[1]] = small
    return padded


def test_an_unwanted_picture_is_not_even_converted(analyser: VisionAnalyser) -> None:
    """Under no purpose for pictures the reading says so, and no stage ran."""
    reading = analyser.analyse(frame(FACE_AND_HAND), VisionState(consent(Purpose.SPEECH)), preview=True)
    assert not reading.valid and reading.reason == "not consented"
    assert reading.stage_ms == {} and reading.preview_jpeg is None


def test_withdrawing_stops_with_the_next_frame(analyser: VisionAnalyser) -> None:
    """A face that was followed is forgotten when emotion is withdrawn; hands go on."""
    state = VisionState(consent(Purpose.EXPRESSION, Purpose.GESTURE))
    analyser.analyse(frame(FACE_AND_HAND, at_ms=0), state)
    runs = dict(state.model_runs)
    state.consent = state.consent.without(Purpose.EXPRESSION)
    reading = analyser.analyse(frame(FACE_AND_HAND, at_ms=67), state)
    assert reading.valid and reading.faces == () and len(reading.hands) == 1
    assert state.faces.customer is None
    assert all(state.model_runs[name] == runs[name] for name in FACE_MODELS)


def test_other_people_are_counted_and_never_read(analyser: VisionAnalyser) -> None:
    """With two others in the picture the mesh and the expression run as often as for the customer alone."""
    alone = with_face(x=320, face_px=120)
    company = add_face(add_face(alone, x=100, y=240, face_px=90), x=540, y=240, face_px=90)

    def read(picture: Picture) -> tuple[VisionState, set[int], int]:
        state = VisionState(consent(Purpose.EXPRESSION))
        readings = [analyser.analyse(frame(picture, at_ms=number * 67), state) for number in range(45)]
        assert all(len(reading.faces) == 1 for reading in readings)
        return state, {reading.faces[0].track_id for reading in readings}, len(readings[-1].bystanders)

    by_themselves, _, nobody = read(alone)
    among_others, customers, others = read(company)
    assert (nobody, others, len(customers)) == (0, 2, 1)
    for model in ("expression", "face_landmark"):
        assert among_others.model_runs[model] == by_themselves.model_runs[model] >= 45


def test_where_no_face_may_be_read_no_model_of_faces_is_opened() -> None:
    """Whatever a consent says, there is nothing to read a face with; hands are read as ever."""
    runtime = Runtime(Registry.load(Settings().models.folder), "cpu")
    analyser = VisionAnalyser(runtime, VisionSettings(max_faces=0), FakeClock())
    assert not {model.name for model in runtime.report()} & FACE_MODELS
    state = VisionState(consent(Purpose.EXPRESSION, Purpose.GESTURE))
    reading = analyser.analyse(frame(FACE_AND_HAND), state)
    assert reading.valid and reading.faces == () and len(reading.hands) == 1
    only_faces = analyser.analyse(frame(FACE_AND_HAND), VisionState(consent(Purpose.EXPRESSION)))
    assert (only_faces.valid, only_faces.reason) == (False, "not consented")


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((480, 640, 3), np.uint8),
        np.full((480, 640, 3), 255, np.uint8),
        np.zeros((90, 120, 3), np.uint8),
        np.zeros((1, 1, 3), np.uint8),
    ],
    ids=["black", "white", "small", "one pixel"],
)
def test_a_picture_without_anybody_says_so(analyser: VisionAnalyser, picture: Picture) -> None:
    """Nobody in view is an invalid reading with its reason, not a neutral face."""
    reading = analyser.analyse(frame(picture), VisionState(consent(Purpose.EXPRESSION, Purpose.GESTURE)))
    assert not reading.valid and reading.reason == "no face"
    assert reading.faces == () and reading.hands == () and reading.bystanders == ()


def test_hands_alone_are_valid_without_a_face(analyser: VisionAnalyser) -> None:
    """When no face was asked for, having none is no failure."""
    reading = analyser.analyse(frame(np.zeros((480, 640, 3), np.uint8)), VisionState(consent(Purpose.GESTURE)))
    assert reading.valid and reading.reason is None and reading.hands == ()


@pytest.mark.parametrize(("width", "expected"), [(1920, (360, 640)), (320, (180, 320))])
def test_the_preview_is_the_picture_that_was_read(
    analyser: VisionAnalyser, width: int, expected: tuple[int, int]
) -> None:
    """The JPEG shows the analysed picture in its colours, no wider than 640 pixels."""
    picture = with_face(width=width, height=width * 9 // 16, x=width / 2, y=width / 4, face_px=width / 5)
    picture[:, : width // 8] = (200, 30, 30)
    reading = analyser.analyse(frame(picture), VisionState(consent(Purpose.GESTURE)), preview=True)
    assert reading.preview_jpeg is not None
    shown = cv2.imdecode(np.frombuffer(reading.preview_jpeg, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert shown is not None and shown.shape == (*expected, 3)
    np.testing.assert_allclose(shown[20, 10], (200, 30, 30), atol=25)
    assert len(reading.preview_jpeg) < 100_000


def test_two_analysers_can_take_turns(runtime: Runtime) -> None:
    """A call's state goes from thread to thread with its frames: ids stay, and the detector does not start anew."""
    analysers = [VisionAnalyser(runtime, VisionSettings(), FakeClock()) for _ in range(2)]
    state = VisionState(consent(Purpose.EXPRESSION, Purpose.GESTURE))
    for number in range(6):
        reading = analysers[number % 2].analyse(frame(FACE_AND_HAND, at_ms=number * 67), state)
        assert [face.track_id for face in reading.faces] == [1]
        assert [hand.track_id for hand in reading.hands] == [1]
    assert state.model_runs["face_detection"] == 1
