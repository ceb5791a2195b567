// What is being analysed right now, in plain words, and the way to stop emotion analysis during the call.
import { EMOTION_PURPOSES, type Session } from "./session";
import { isFed, purposeInWords } from "./words";

export function AnalysisView({ session }: { session: Session }) {
  const purposes = session.purposes.value;
  const camera = session.equipment.cameraOn.value;
  const microphone = session.equipment.microphoneOn.value;
  const emotion = purposes.some((purpose) => EMOTION_PURPOSES.includes(purpose));
  return (
    <details class="analysis" id="analysis" data-purposes={purposes.join(" ")}>
      <summary>
        <span class={`dot ${emotion ? "on" : ""}`} aria-hidden="true" />
        {emotion ? "Emotion analysis on" : "No emotion analysis"}
      </summary>
      <div class="analysis-sheet panel">
        <h2>Analysed now</h2>
        <ul>
          {purposes.map((purpose) => (
            <li key={purpose}>
              {purposeInWords(purpose)}
              {!isFed(purpose, camera, microphone) && <span class="muted"> – paused, the device is off</span>}
            </li>
          ))}
          {purposes.length === 0 && <li>nothing but what you write</li>}
        </ul>
        {emotion && (
          <button type="button" id="withdraw-emotion" class="button small" onClick={() => session.withdrawEmotion()}>
            Stop emotion analysis
          </button>
        )}
        <p class="small muted">
          {emotion ? "Stopping takes effect at once and costs you nothing of the service." : "You get the same service without it."}
        </p>
      </div>
    </details>
  );
}
