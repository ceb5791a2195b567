"""The one tree of errors that the agent raises on purpose.

    AgentError
    ├── SettingsError            a setting is unknown, missing or out of range
    ├── ModelError
    │   ├── ModelMissing         a model file or the package that carries it is not there
    │   ├── ModelMismatch        a model's hash, input or output is not what the manifest says
    │   ├── ModelWithheld        a model is not known to be free for commercial use, and only such are wanted
    │   └── ModelProcessEnded    a process that holds models has ended, or does not answer any more
    ├── MediaError
    │   ├── OfferRejected        an SDP offer that cannot be answered; carries the HTTP status to give
    │   └── NotMedia             a file that holds no video or no audio that can be decoded
    ├── ConsentMissing           something was asked for that the customer did not agree to
    ├── LinkRejected             a customer's link is not good for a call, or is missing; carries why
    ├── SignInRefused            a member of staff cannot sign in; carries how long to wait
    ├── AccountError             an account cannot be made or changed
    ├── CallNotFound             no call, or no longer any call, has this id
    ├── IllegalTransition        an event that a call in this state cannot take
    ├── AtCapacity               one more call would break the budget of those admitted
    ├── LimitReached             one address asks for more than its share; carries when to come back
    ├── ProtocolError            a peer sent a message that is not of the protocol
    ├── EngineUnavailable        the reply engine cannot be reached or does not answer
    ├── LanguageModelFailed      a language model's endpoint did not answer, or not with what may be said
    ├── TranslationFailed        a translator did not answer, or not with a translation
    ├── ToolFailed               a tool from outside did not answer, or not with what can be used
    ├── RequestRejected          a program asked for something that cannot be done; carries the parameter at fault
    ├── SynthesisError           text that the voice cannot speak
    ├── DataRejected             data to train or evaluate with is not in a form that is understood
    └── StoreError               the database refused a write or a read
        ├── StoreAway            the database does not answer, or has no room, which may pass by itself
        └── CallDamaged          what is kept of one call, or its key, was altered; other calls are as they were

Each message says what happened, to which thing, and what to do about it.
"""

from typing import Literal


class AgentError(Exception):
    """Root of everything the agent raises on purpose; the command line prints it without a traceback."""


class SettingsError(AgentError):
    """A setting is unknown, missing or out of range."""


class ModelError(AgentError):
    """A model cannot be used."""


class ModelMissing(ModelError):
    """A model file, or the package that carries it, is not there."""


class ModelMismatch(ModelError):
    """A model's hash, input or output is not what the manifest says."""


class ModelWithheld(ModelError):
    """A model is not known to be free for commercial use, and the settings want no other."""


class ModelProcessEnded(ModelError):
    """A process that holds models has ended, or does not answer any more."""


class MediaError(AgentError):
    """Media cannot be received, decoded or sent."""


class OfferRejected(MediaError):
    """An SDP offer that cannot be answered."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status that tells the client whose fault it is."""


class NotMedia(MediaError):
    """A file that holds no video or no audio that can be decoded."""


class ConsentMissing(AgentError):
    """Something was asked for that the customer did not agree to."""


LinkFault = Literal["invalid", "expired", "used", "elsewhere", "needed"]
_LINK_FAULTS: dict[LinkFault, str] = {
    "invalid": "this link was not signed by the business, or was altered; ask for a new one where you got it",
    "expired": "this link has run out; ask for a new one where you got it",
    "used": "this link was used already and is good for one call; ask for a new one where you got it",
    "elsewhere": "this link is for another service of the business; ask for a new one where you got it",
    "needed": "calls here need a link; sign in at the business's own site and call from there",
}


class LinkRejected(AgentError):
    """A customer's link is not good for a call, or is missing where guests are not taken."""

    def __init__(self, reason: LinkFault) -> None:
        super().__init__(_LINK_FAULTS[reason])
        self.reason = reason
        """A word by which programs tell why."""


class SignInRefused(AgentError):
    """A member of staff cannot sign in with what was shown."""

    def __init__(self, message: str, *, retry_after_s: int | None = None, code_wanted: bool = False) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """Too many tries: none is looked at before."""
        self.code_wanted = code_wanted
        """The password is right; the second factor is missing."""


class AccountError(AgentError):
    """An account of staff cannot be made or changed."""


class CallNotFound(AgentError):
    """No call, or no longer any call, has this id."""


class IllegalTransition(AgentError):
    """An event that a call in this state cannot take."""


class AtCapacity(AgentError):
    """One more call would break the budget of those already admitted."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: int,
        place: str | None = None,
        position: int | None = None,
        wait_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.place = place
        """What keeps the caller's place in line when it is shown again; None where there is no line."""
        self.position = position
        """In line; 1 is the first."""
        self.wait_s = wait_s
        """How long the wait may be, where calls that have ended tell."""


class LimitReached(AgentError):
    """One address asks for more than its share."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProtocolError(AgentError):
    """A peer sent a message that is not of the protocol."""


class EngineUnavailable(AgentError):
    """The reply engine cannot be reached or does not answer."""


class LanguageModelFailed(AgentError):
    """A language model's endpoint did not answer, or not with what may be said."""


class TranslationFailed(AgentError):
    """A translator did not answer, or not with a translation."""


class ToolFailed(AgentError):
    """A tool from outside did not answer, or not with what can be used."""


class RequestRejected(AgentError):
    """A program asked for something that cannot be done as it was asked for."""

    def __init__(self, message: str, *, param: str | None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        """Name of the parameter at fault."""
        self.code = code
        """A word by which programs tell this fault from others."""


class SynthesisError(AgentError):
    """Text that the voice cannot speak."""


class DataRejected(AgentError):
    """Data to train or evaluate with is not in a form that is understood."""


class StoreError(AgentError):
    """The database refused a write or a read."""


class StoreAway(StoreError):
    """The database does not answer, or has no room, which may pass by itself."""


class CallDamaged(StoreError):
    """What is kept of one call, or its key, was altered; other calls are as they were."""
