"""The log-mel spectrogram is Whisper's."""

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor

from agent.core.speech import MIC_RATE_HZ
from agent.perception.log_mel import BANDS, log_mel
from tests.perception.sound import noises


def test_agrees_with_the_features_that_whisper_is_run_with() -> None:
    """Every cell equals that of faster-whisper's own extractor."""
    for _, sound in noises(2.0):
        expected = FeatureExtractor()(sound, padding=0)
        np.testing.assert_allclose(log_mel(sound), expected[:, :200], atol=1e-5)


def test_has_a_column_for_every_ten_milliseconds() -> None:
    """n samples give n // 160 columns of 80 float32 values."""
    features = log_mel(np.zeros(MIC_RATE_HZ + 159, np.float32))
    assert features.shape == (BANDS, 100)
    assert features.dtype == np.float32
