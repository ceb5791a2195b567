// Everything about the watched call.
import type { FaceSignal } from "../wire/messages";
import { AffectChart } from "./affect_chart";
import { AffectLevels, changeInWords } from "./affect_levels";
import type { Desk } from "./desk";
import { ExpressionPanel, NOT_AGREED } from "./expression_panel";
import { HealthView } from "./health_view";
import { LatencyPanel } from "./latency_panel";
import { PictureView } from "./picture_view";
import { ScenePanel } from "./scene_panel";
import { TranscriptPanel } from "./transcript_panel";
import { useNow } from "./use_now";
import { UtteranceEmotionPanel } from "./utterance_emotion_panel";
import { currentOnly, type Watched } from "./watched";
import { elapsed, inWords, percent, shortId, signed } from "./words";

export function WatchView({ desk }: { desk: Desk }) {
  useNow(1000);
  const summary = desk.summary.value;
  const latest = desk.watched.value;
  if (!latest) return null;
  const watched = summary ? currentOnly(latest, performance.now()) : latest;
  const agreed = (purpose: string) => summary?.purposes.includes(purpose) ?? true;
  const emotion = agreed("expression");
  return (
    <>
      <header class="watch-header">
        <h2>Call {shortId(watched.callId)}</h2>
        <span class="chip">{inWords(summary?.state ?? "ended")}</span>
        <HealthView watched={watched} />
        <button type="button" class="button small" onClick={() => desk.watch(null)}>
          Stop watching
        </button>
      </header>
      <div class="watch-notices" role="status">
        {!summary && <p class="message">This call has ended. What was last seen of it stays on the screen.</p>}
        {desk.fault.value && <p class="message">{desk.fault.value}</p>}
      </div>
      <div class="watch-grid">
        <div class="column seen">
          <PictureView desk={desk} />
          <Facts watched={watched} />
          <AffectPanel watched={watched} analysed={emotion} />
        </div>
        <div class="column told">
          <ScenePanel signal={watched.scene} />
          <ExpressionPanel signal={watched.expression} analysed={emotion} />
          <UtteranceEmotionPanel
            id="voice-emotion"
            title="Tone of voice"
            caveat="A weak sign: often wrong"
            signal={watched.voice_emotion}
            receivedMs={watched.freshness.voice_emotion?.receivedMs ?? 0}
            nowMs={performance.now()}
            analysed={agreed("voice_emotion")}
          />
          <UtteranceEmotionPanel
            id="text-emotion"
            title="Emotion in words"
            caveat="Of the words alone"
            signal={watched.text_emotion}
            receivedMs={watched.freshness.text_emotion?.receivedMs ?? 0}
            nowMs={performance.now()}
            analysed={agreed("text_emotion")}
          />
          <IntentPanel watched={watched} />
          <TranscriptPanel watched={watched} />
        </div>
        <LatencyPanel watched={watched} />
      </div>
    </>
  );
}

function Facts({ watched }: { watched: Watched }) {
  const { face, voice, turn } = watched;
  const facts: [string, string][] = [
    ["Looks at", face?.valid ? inWords(face.value.attention) : "unknown"],
    ["Head", face?.valid ? headInWords(face.value) : "–"],
    ["Eyes", face?.valid ? eyesInWords(face.value) : "–"],
    ["Gesture", gestureInWords(watched, performance.now())],
    ["Voice", voice ? `${voice.value.speaking ? "speaking" : "silent"}, ${Math.round(voice.value.energy_db)} dB` : "–"],
    ["Turn", turn ? `${turn.value.holder}${turn.value.barge_in ? ", interrupted" : ""}` : "–"],
  ];
  return (
    <dl class="facts panel">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The last gesture seen; one that was not seen just now says how long ago. */
function gestureInWords({ gesture, freshness }: Watched, nowMs: number): string {
  if (!gesture?.valid || gesture.value.name === "none") return "none";
  const agoS = (nowMs - (freshness.gesture?.receivedMs ?? nowMs)) / 1000;
  return agoS < 3 ? inWords(gesture.value.name) : `${inWords(gesture.value.name)}, ${elapsed(agoS)} ago`;
}

/** Open or closed, how often they blink once that is known, and a warning when the face never moves within itself. */
function eyesInWords(face: FaceSignal["value"]): string {
  const lids = face.eyes_closed === null ? "not sure" : face.eyes_closed ? "closed" : "open";
  const rate = face.blinks_per_min === null ? "" : `, ${Math.round(face.blinks_per_min)} blinks a minute`;
  return `${lids}${rate}${face.liveness === "still" ? "; perhaps a photograph" : ""}`;
}

function headInWords(pose: { yaw_deg: number | null; pitch_deg: number | null; roll_deg: number | null }): string {
  const degrees = (value: number | null) => (value === null ? "–" : `${Math.round(value)}°`);
  return `yaw ${degrees(pose.yaw_deg)}, pitch ${degrees(pose.pitch_deg)}, roll ${degrees(pose.roll_deg)}`;
}

function AffectPanel({ watched, analysed }: { watched: Watched; analysed: boolean }) {
  const affect = analysed ? watched.affect : null;
  const known = affect?.valid && affect.value.label !== "unknown";
  const change = affect?.valid ? changeInWords(affect.value) : null;
  return (
    <section id="affect" class="panel block" aria-labelledby="affect-title" data-label={affect?.value.label ?? "unknown"}>
      <header class="block-header">
        <h3 id="affect-title">Affect</h3>
        <span>
          {change && (
            <span id="change" class={`chip ${affect?.value.changed === "worse" ? "warn" : "good"}`}>
              {change}
            </span>
          )}{" "}
          <span class="chip">{known ? inWords(affect.value.label) : analysed ? "unknown" : "not analysed"}</span>
        </span>
      </header>
      <p class="small">
        {affect && known ? (
          <>
            Valence (proxy) {signed(affect.value.valence)}, arousal (proxy) {signed(affect.value.arousal)},{" "}
            {affect.value.trend === "unknown" ? "no trend known" : affect.value.trend}
          </>
        ) : (
          <>{analysed ? (affect?.reason ?? "There is no evidence to tell") : NOT_AGREED}</>
        )}
        {affect && <span class="muted"> · evidence for {percent(affect.value.coverage)} of the last seconds</span>}
      </p>
      {known && affect.value.conflict && (
        <p id="conflict" class="small">
          <span class="chip warn">they disagree</span> The voice or the words tell of {inWords(affect.value.conflict)}, the
          face does not.
        </p>
      )}
      {affect?.valid && <AffectLevels affect={affect.value} />}
      <AffectChart points={analysed ? watched.affectLine : []} />
      <p class="legend small" aria-hidden="true">
        <span class="key valence" /> valence (proxy) <span class="key arousal" /> arousal (proxy)
      </p>
    </section>
  );
}

function IntentPanel({ watched }: { watched: Watched }) {
  const intent = watched.intent;
  const slots = Object.entries(intent?.value.slots ?? {});
  return (
    <section id="intent" class="panel block" aria-labelledby="intent-title" data-label={intent?.value.label ?? ""}>
      <header class="block-header">
        <h3 id="intent-title">Intent</h3>
        {intent && (
          <span class={`chip ${intent.value.out_of_scope ? "warn" : "good"}`}>
            {intent.value.out_of_scope ? "out of scope" : inWords(intent.value.label)}
          </span>
        )}
      </header>
      <p class="small">
        {!intent && <span class="muted">Nothing asked yet</span>}
        {intent?.value.out_of_scope && `Closest: ${inWords(intent.value.label)}. `}
        {intent && intent.confidence !== null && `Confidence ${percent(intent.confidence)}`}
        {slots.map(([name, value]) => ` · ${inWords(name)}: ${value}`)}
      </p>
    </section>
  );
}
