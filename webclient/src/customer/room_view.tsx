// The call itself: the agent, oneself, the conversation beside it, and the controls.
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CameraIcon, CaptionsIcon, HangUpIcon, Mark, MicrophoneIcon, PersonIcon } from "../ui/icons";
import { AnalysisView } from "./analysis_view";
import { CardList } from "./card_list";
import { ConversationView } from "./conversation_view";
import { silencedProblem } from "./devices";
import { useKeyboardRoom } from "./keyboard_room";
import { LineBanner } from "./line_views";
import { MediaView } from "./media_view";
import { PresenceView } from "./presence";
import { RecordingView } from "./recording_view";
import type { Session } from "./session";
import { playOn } from "./speaker";
import { duration, languageInWords, onlyHeard, stateInWords, words } from "./words";

export function RoomView({ session, mainRef }: { session: Session; mainRef: RefObject<HTMLElement | null> }) {
  return (
    <div class={`room ${useKeyboardRoom() ? "short" : ""}`}>
      <header class="room-header">
        <Mark />
        <span class="room-title">{words.page.business}</span>
        <CallTimer since={session.call.startedAt.value} />
        <RecordingView session={session} />
        <AnalysisView session={session} />
      </header>
      <main class="stage" tabIndex={-1} ref={mainRef}>
        <h1 class="for-screen-readers">{words.room.heading}</h1>
        <AgentPanel session={session} />
        <Notices session={session} />
        <CardList session={session} />
      </main>
      <ConversationView session={session} />
      <Controls session={session} />
      <RemoteAudio session={session} />
    </div>
  );
}

function AgentPanel({ session }: { session: Session }) {
  const does = session.call.agentDoes.value;
  const state = session.call.callState.value;
  const shown = state === "taken_over" ? session.call.staffVideo.value?.getVideoTracks()[0] : undefined;
  return (
    <section class={`agent-panel ${shown ? "with-staff" : ""}`} aria-label={words.room.agent}>
      {shown ? <MediaView track={shown} label={words.room.staff} /> : <PresenceView call={session.call} />}
      <p id="call-state" class="agent-state" role="status" data-state={state} data-agent={does}>
        {stateInWords(state, does)}
      </p>
      <Subtitle session={session} />
      <SelfView session={session} />
    </section>
  );
}

/** The newest words in large type. The conversation holds them too, so screen readers need not hear them twice. */
function Subtitle({ session }: { session: Session }) {
  const line = session.call.lines.value.findLast((candidate) => !candidate.typed);
  if (!line || !session.call.captionsOn.value) return null;
  return (
    <p class={`subtitle ${line.speaker}`} aria-hidden="true">
      <span>{line.text}</span>
    </p>
  );
}

function SelfView({ session }: { session: Session }) {
  const camera = session.equipment.camera.value;
  return (
    <div class="self-view">
      {camera ? <MediaView track={camera} mirrored label={words.room.you} /> : <span class="small">{words.room.cameraOff}</span>}
    </div>
  );
}

function Notices({ session }: { session: Session }) {
  const { equipment } = session;
  const problems = [...equipment.problems.value, ...equipment.silenced.value.map(silencedProblem)];
  const unvoiced = session.call.unvoicedLanguage.value;
  const hearsOnly = session.call.hearsOnly.value;
  return (
    <div class="notices" role="status">
      <LineBanner session={session} />
      {session.call.recordingStopped.value && <p class="message">{words.recording.stopped}</p>}
      {hearsOnly && <p class="message">{onlyHeard(hearsOnly, session.locale)}</p>}
      {unvoiced && (
        <p class="message">
          {words.room.unvoiced(languageInWords(unvoiced))}
        </p>
      )}
      {problems.map((problem) => (
        <p key={problem} class="message">
          {problem}
        </p>
      ))}
    </div>
  );
}

function Controls({ session }: { session: Session }) {
  const { camera, microphone, microphoneOn, muted } = session.equipment;
  const captions = session.call.captionsOn;
  const microphoneLabel = !microphone.value ? words.room.useMicrophone : muted.value ? words.room.unmute : words.room.mute;
  return (
    <div class="controls" role="group" aria-label={words.room.controls}>
      <button type="button" id="mute" class="control" onClick={() => session.toggleMute()}>
        <MicrophoneIcon off={!microphoneOn.value} />
        <span>{microphoneLabel}</span>
      </button>
      <button type="button" id="camera" class="control" onClick={() => session.toggleCamera()}>
        <CameraIcon off={!camera.value} />
        <span>{camera.value ? words.room.stopCamera : words.room.startCamera}</span>
      </button>
      <button
        type="button"
        id="captions-toggle"
        class="control"
        onClick={() => {
          captions.value = !captions.value;
        }}
      >
        <CaptionsIcon off={!captions.value} />
        <span>{captions.value ? words.room.hideCaptions : words.room.showCaptions}</span>
      </button>
      <button
        type="button"
        id="ask-person"
        class="control"
        disabled={session.call.callState.value === "taken_over"}
        onClick={() => session.call.answer(words.room.askPersonSay)}
      >
        <PersonIcon />
        <span>{words.room.askPerson}</span>
      </button>
      <button type="button" id="end-call" class="control end" onClick={() => session.endCall("customer_left")}>
        <HangUpIcon />
        <span>{words.room.endCall}</span>
      </button>
    </div>
  );
}

function CallTimer({ since }: { since: number }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 1000);
    return () => clearInterval(timer);
  }, [now]);
  return (
    <span class="muted small timer" role="timer" aria-label={words.room.length}>
      {duration(now.value - since)}
    </span>
  );
}

/** The agent's voice. A browser that will not play it unasked gets a button to press. */
function RemoteAudio({ session }: { session: Session }) {
  const audio = useRef<HTMLAudioElement>(null);
  const blocked = useSignal(false);
  const stream = session.call.agentAudio.value;
  const play = () => {
    void session.equipment.audio().resume();
    audio.current?.play().then(
      () => (blocked.value = false),
      (error: DOMException) => (blocked.value = error.name === "NotAllowedError"),
    );
  };
  useEffect(() => {
    if (!audio.current || !stream) return;
    audio.current.srcObject = stream;
    void playOn(audio.current, session.equipment.choices.value.speaker);
    play();
    // A phone that was put away, or rang, leaves the sound paused.
    const back = () => document.visibilityState === "visible" && play();
    document.addEventListener("visibilitychange", back);
    return () => document.removeEventListener("visibilitychange", back);
  }, [stream]);
  return (
    <>
      <audio id="remote-audio" ref={audio} autoplay />
      {blocked.value && (
        <button type="button" class="button primary unblock" onClick={play}>
          {words.room.pressToHear}
        </button>
      )}
    </>
  );
}
