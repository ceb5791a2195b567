"""Settings of the models and of what is seen and heard."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from agent.core.settings.section import Section

REPOSITORY = Path(__file__).resolve().parents[3]
"""The folder that holds the package; models_onnx lies beside it, in a checkout as in an installed wheel."""


class ModelSettings(Section):
    folder: Path = REPOSITORY / "models_onnx"
    provider: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` takes CUDA where it really loads."""
    commercial_only: bool = False
    """Does without models that are not known to be free for commercial use, or whose ancestors are not; what goes with
    them is said at the start."""
    half: bool = False
    """On a GPU, runs models in half precision as far as the manifest says how exact they stay. On the processor
    it changes nothing."""


class VisionSettings(Section):
    threads: int = Field(0, ge=0)
    """Perception threads; 0 stands for one a core, or two where they wait for a GPU."""
    deadline_ms: float = Field(250.0, gt=0)
    """A frame that could not be read this soon after it arrived is skipped, not analysed late."""
    hand_search_hz: float = Field(2.0, gt=0)
    """How often the whole picture is searched for hands while none is followed."""
    max_faces: int = Field(3, ge=0)
    """With 0 no face is looked for, and the models of faces are not loaded; `privacy.emotion = false` sets it."""
    max_hands: int = Field(2, ge=0)


class PerceptionSettings(Section):
    backend: Literal["onnx", "mediapipe"] = "onnx"
    """Who reads the face's mesh: our ONNX models, or MediaPipe's FaceLandmarker, slower but with blendshapes."""
    face_landmarker: Path | None = None
    """Google's face_landmarker.task, which no package carries; the MediaPipe backend needs it."""


class HearingSettings(Section):
    language: str = "en"
    """ISO 639-1, or `auto` to find out from the first words of each call. With `en` a call whose page is in another
    language is heard in that one, if it is understood."""
    model: str | None = None
    """A faster-whisper model by name or folder, instead of those that ship; on a GPU in float16."""
    vocabulary: str | None = None
    """Sentences with the names and numbers that customers say, spelled as they are to be written, in `language`. Where
    the sound leaves words open, those that go with it are taken. The domain pack's own when absent; "" for none."""
    speech_prob: float = Field(0.5, gt=0, lt=1)
    min_silence_ms: int = Field(240, ge=100)
    """Silence after which a turn may end if the end-of-turn model agrees."""
    max_silence_ms: int = Field(1_300, ge=200)
    """Silence after which a turn ends however it is worded and whatever the model says."""

    emotion: bool = True
    """Whether emotion in the voice can be read at all; `privacy.emotion = false` sets it."""
    translates: bool = False
    """Whether what is said in another language is heard in English, too; `translation.backend = "whisper"` sets it."""

    def in_language(self, language: str) -> Self:
        """The same for a call in this language; the vocabulary is known in one only."""
        if language == self.language:
            return self
        return self.model_copy(update={"language": language, "vocabulary": ""})
