"""The notice in English."""

from agent.core.consent import Choice, Purpose
from agent.transport.wording.words import Button, Words

ENGLISH = Words(
    language="en",
    title="Before we talk: you will be speaking with an AI",
    opening="An AI system answers this call, not a person. You can ask for a person at any time.",
    with_emotion=(
        "If you agree, it listens to what you say, reads hand signs such as a thumbs up, sees where you look and "
        "whether you nod, blink or speak, and estimates from your face, voice and words how you may be feeling, to "
        "answer more considerately. Such estimates are often wrong, those from the voice most of the time, and never "
        "decide what you get."
    ),
    without_emotion=(
        "It listens to what you say and reads hand signs such as a thumbs up. Your face is not analysed at all, and "
        "nothing is estimated of how you feel."
    ),
    analysed_while=(
        "Your voice and picture are analysed while the call lasts and are not recorded. What is said, and what was "
        "read from the call, is kept as text and numbers, so that your request can be followed up."
    ),
    analysed_while_recording=(
        "Your voice and picture are analysed while the call lasts, and recorded only if you say yes to that below. "
        "What is said, and what was read from the call, is kept as text and numbers, so that your request can be "
        "followed up."
    ),
    free="You can say no to the analysis of emotion, now or during the call. You get exactly the same service.",
    buttons={
        Choice.AGREE: Button(label="Agree and continue", detail="With analysis of emotion"),
        Choice.WITHOUT_EMOTION: Button(
            label="Continue without emotion analysis",
            detail="Your face is not analysed at all, and what you say only for what you ask",
        ),
        "leave": Button(label="Leave", detail="Nothing has been sent or analysed"),
    },
    only=Button(label="Continue", detail="What you say is analysed only for what you ask"),
    extras={
        Purpose.REPLAY: Button(
            label="Also keep how my face and hands moved",
            detail="As points, never as a picture, so that staff can look at the call again; {days}",
        ),
        Purpose.RECORDING: Button(
            label="Also record my picture and sound",
            detail=(
                "What your camera and microphone send, encrypted; staff of the business may look at it later. You can "
                "stop it during the call, which also deletes what was recorded of it; otherwise {days}"
            ),
        ),
        Purpose.TRAINING: Button(
            label="Also let the agent learn from this call",
            detail="From what staff note about it: whether a moment was understood rightly, and what it was; {days}",
        ),
    },
    more="What is analysed and kept, and for how long",
    purposes_title="What is analysed, and what for",
    purposes={
        Purpose.SPEECH: "what you say, to answer it",
        Purpose.GESTURE: "hand signs, to react to them",
        Purpose.EXPRESSION: "facial expression and where you look, to answer more considerately",
        Purpose.VOICE_EMOTION: "the tone of your voice, to answer more considerately",
        Purpose.TEXT_EMOTION: "the mood of your words, to answer more considerately",
        Purpose.REPLAY: "points of your face and hands, kept so that staff can look at the call again",
        Purpose.RECORDING: "your picture and sound, recorded so that staff can look at the call later",
        Purpose.TRAINING: "what staff noted about moments of the call, to make the agent better at reading",
    },
    kept_title="What is kept, and for how long",
    kept={
        "transcripts": "What you said or typed, without card, account and telephone numbers",
        "replies": "What the agent said and showed, and why",
        "signals": "What was read of the call, as numbers, once a second",
        "tracks": "Points of your face and hands, if you said yes to that",
        "recordings": "The recording of your picture and sound, if you said yes to that",
        "labels": "What staff noted about moments of the call, to check how well it was read",
        "surveys": "What you answer when you are asked how the call was",
        "calls": "When the call was and how it ended, under a pseudonym",
        "consents": "What you agreed to here, and when, as proof",
        "memory": "What you ask to be remembered for next time",
    },
    days="deleted after {days} days",
    for_ever="deleted when you ask for it",
    not_recorded="Picture and sound are not kept.",
    recorded_if_agreed=(
        "Picture and sound are kept only if you say yes to their recording. Whoever else is seen or heard with you is "
        "in it, too: please ask them first."
    ),
    not_kept=(
        "Faces of other people in the picture are counted, never read. A picture that you send is shown to staff on "
        "the call, may be looked at by the AI to answer you, is never read for faces or feelings, and is gone when the "
        "call ends. Of a voice message only the words are kept."
    ),
    rights=(
        "You can ask for a copy of what is kept of you, have it corrected or deleted, and complain to a data "
        "protection authority. You can take back what you agreed to at any time during the call."
    ),
    controller="Responsible for your data: {controller}.",
    contact="Questions about your data: {contact}.",
    choose="How do you want to go on?",
    footer="Version {version} of this notice. Nothing is seen, heard or analysed before you choose.",
)
