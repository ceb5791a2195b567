// What is being analysed right now, in plain words, and the way to stop or to allow emotion analysis during the call.
import { EMOTION_PURPOSES, RECORDING } from "./live_call";
import type { Session } from "./session";
import { KeptLink } from "./kept_link";
import { isFed, purposeInWords, words } from "./words";

export function AnalysisView({ session }: { session: Session }) {
  // What is recorded is not analysed for it, and is told of apart.
  const purposes = session.call.purposes.value.filter((purpose) => purpose !== RECORDING);
  const camera = session.equipment.cameraOn.value;
  const microphone = session.equipment.microphoneOn.value;
  const emotion = purposes.some((purpose) => EMOTION_PURPOSES.includes(purpose));
  return (
    <details class="analysis" id="analysis" data-purposes={purposes.join(" ")}>
      <summary>
        <span class={`dot ${emotion ? "on" : ""}`} aria-hidden="true" />
        {emotion ? words.analysis.on : words.analysis.off}
      </summary>
      <div class="analysis-sheet panel">
        <h2>{words.analysis.now}</h2>
        <ul>
          {purposes.map((purpose) => (
            <li key={purpose}>
              {purposeInWords(purpose, session.notice.value)}
              {!isFed(purpose, camera, microphone) && <span class="muted">{words.analysis.paused}</span>}
            </li>
          ))}
          {purposes.length === 0 && <li>{words.analysis.nothing}</li>}
        </ul>
        {emotion && (
          <button type="button" id="withdraw-emotion" class="button small" onClick={() => session.call.withdrawEmotion()}>
            {words.analysis.stop}
          </button>
        )}
        {!emotion && session.asksForEmotion.value && (
          <button type="button" id="allow-emotion" class="button small" onClick={() => session.call.giveEmotion()}>
            {words.analysis.allow}
          </button>
        )}
        {session.call.emotionRefused.value && (
          <p class="small" role="alert">
            {words.analysis.refused}
          </p>
        )}
        <p class="small muted">
          {emotion ? words.analysis.stopping : words.analysis.without}
        </p>
        <KeptLink customer={session.customer} />
      </div>
    </details>
  );
}
