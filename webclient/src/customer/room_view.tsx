// The call itself: the agent, oneself, the conversation beside it, and the controls.
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CameraIcon, CaptionsIcon, HangUpIcon, Mark, MicrophoneIcon } from "../ui/icons";
import { AnalysisView } from "./analysis_view";
import { CardList } from "./card_list";
import { ConversationView } from "./conversation_view";
import { VoiceIndicator } from "./level_meter";
import { silencedProblem } from "./devices";
import { MediaView } from "./media_view";
import type { Session } from "./session";
import { duration, languageInWords, onlyHeard, stateInWords } from "./words";

export function RoomView({ session, mainRef }: { session: Session; mainRef: RefObject<HTMLElement | null> }) {
  return (
    <div class="room">
      <header class="room-header">
        <Mark />
        <span class="room-title">Customer support</span>
        <CallTimer since={session.startedAt.value} />
        <AnalysisView session={session} />
      </header>
      <main class="stage" tabIndex={-1} ref={mainRef}>
        <h1 class="for-screen-readers">Call with the support agent</h1>
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
  const does = session.agentDoes.value;
  const state = session.callState.value;
  const staff = session.staffVideo.value?.getVideoTracks()[0];
  return (
    <section class="agent-panel" aria-label="Support agent">
      {staff && state === "taken_over" ? (
        <MediaView track={staff} label="Member of staff" />
      ) : (
        <VoiceIndicator loudness={session.agentLoudness.value} does={does} />
      )}
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
  const line = session.lines.value.findLast((candidate) => !candidate.typed);
  if (!line || !session.captionsOn.value) return null;
  return (
    <p class={`subtitle ${line.speaker}`} aria-hidden="true">
      {line.text}
    </p>
  );
}

function SelfView({ session }: { session: Session }) {
  const camera = session.equipment.camera.value;
  return (
    <div class="self-view">
      {camera ? <MediaView track={camera} mirrored label="You" /> : <span class="small">Camera off</span>}
    </div>
  );
}

function Notices({ session }: { session: Session }) {
  const { equipment } = session;
  const problems = [...equipment.problems.value, ...equipment.silenced.value.map(silencedProblem)];
  const unvoiced = session.unvoicedLanguage.value;
  const hearsOnly = session.hearsOnly.value;
  return (
    <div class="notices" role="status">
      {session.unsteady.value && <p class="message">The connection is unsteady. Trying to get it back…</p>}
      {hearsOnly && <p class="message">{onlyHeard(hearsOnly, session.locale)}</p>}
      {unvoiced && (
        <p class="message">
          Neither the agent nor this browser can speak {languageInWords(unvoiced)}. Answers appear in writing.
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
  const captions = session.captionsOn;
  const microphoneLabel = !microphone.value ? "Use microphone" : muted.value ? "Unmute" : "Mute";
  return (
    <div class="controls" role="group" aria-label="Call controls">
      <button type="button" id="mute" class="control" onClick={() => session.toggleMute()}>
        <MicrophoneIcon off={!microphoneOn.value} />
        <span>{microphoneLabel}</span>
      </button>
      <button type="button" id="camera" class="control" onClick={() => session.toggleCamera()}>
        <CameraIcon off={!camera.value} />
        <span>{camera.value ? "Stop camera" : "Start camera"}</span>
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
        <span>{captions.value ? "Hide captions" : "Show captions"}</span>
      </button>
      <button type="button" id="end-call" class="control end" onClick={() => session.endCall("customer_left")}>
        <HangUpIcon />
        <span>End call</span>
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
    <span class="muted small timer" role="timer" aria-label="Length of the call">
      {duration(now.value - since)}
    </span>
  );
}

/** The agent's voice. A browser that will not play it unasked gets a button to press. */
function RemoteAudio({ session }: { session: Session }) {
  const audio = useRef<HTMLAudioElement>(null);
  const blocked = useSignal(false);
  const stream = session.agentAudio.value;
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
          Press to hear the agent
        </button>
      )}
    </>
  );
}
