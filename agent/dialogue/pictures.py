"""Pictures that a customer sends: words that stand for one, and what is said where nothing looks at it."""

SHOWN = {"en": "I am sending you a picture.", "zh": "我给您发了一张图片。"}
"""The line that a picture comes with."""
CANNOT_SEE = {
    "en": (
        "Thank you for the picture. I cannot look at pictures myself, but a colleague who joins the call can. "
        "Please tell me in words what it shows."
    ),
    "zh": "谢谢您发来的图片。我自己看不了图片，不过接入通话的同事可以看到。请用文字或语音告诉我图里是什么。",
}


def shown(language: str) -> str:
    return SHOWN.get(language, SHOWN["en"])


def cannot_see(language: str) -> str:
    return CANNOT_SEE.get(language, CANNOT_SEE["en"])
