// That the customer is being recorded, for as long as that is so, and the way to stop it.
import { RecordIcon } from "../ui/icons";
import { RECORDING } from "./live_call";
import type { Session } from "./session";
import { words } from "./words";

export function RecordingView({ session }: { session: Session }) {
  const recorded = session.call.recorded.value;
  if (recorded === null || !session.call.purposes.value.includes(RECORDING)) return null;
  return (
    <details class="analysis recording" id="recording" data-recorded={recorded}>
      <summary>
        <RecordIcon off={!recorded} />
        {recorded ? words.recording.on : words.recording.off}
      </summary>
      <div class="analysis-sheet panel">
        <p>{recorded ? words.recording.what : words.recording.broken}</p>
        <button type="button" id="stop-recording" class="button small" onClick={() => session.stopRecording()}>
          {words.recording.stop}
        </button>
        <p class="small muted">{words.recording.stopping}</p>
      </div>
    </details>
  );
}
