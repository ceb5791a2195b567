// What the face, the head, the hands and the voice do at this moment, a line each.
import { nameOf } from "../staff/names";
import { ago } from "../staff/words";
import type { FaceSignal, VoiceSignal } from "../wire/messages";
import type { Watched } from "./watched";
import { words } from "./words";

export function FactsPanel({ watched }: { watched: Watched }) {
  const { face, voice, turn } = watched;
  const said = words.facts;
  const facts: [string, string][] = [
    [said.looksAt, face?.valid ? nameOf("attention", face.value.attention) : words.unknown],
    [said.head, face?.valid ? headInWords(face.value) : "–"],
    [said.eyes, face?.valid ? eyesInWords(face.value) : "–"],
    [said.gesture, gestureInWords(watched, performance.now())],
    [said.voice, voice ? voiceInWords(voice.value) : "–"],
    [said.turn, turn ? `${nameOf("holder", turn.value.holder)}${turn.value.barge_in ? said.interrupted : ""}` : "–"],
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
  if (!gesture?.valid || gesture.value.name === "none") return nameOf("gesture", "none");
  const agoS = (nowMs - (freshness.gesture?.receivedMs ?? nowMs)) / 1000;
  const shown = nameOf("gesture", gesture.value.name);
  return agoS < 3 ? shown : words.facts.gestureAgo(shown, ago(agoS));
}

/** Open or closed, how often they blink once that is known, and a warning when the face never moves within itself. */
function eyesInWords(face: FaceSignal["value"]): string {
  const { lids, blinks, photograph } = words.facts;
  const shown = face.eyes_closed === null ? lids.unsure : face.eyes_closed ? lids.closed : lids.open;
  const rate = face.blinks_per_min === null ? "" : blinks(Math.round(face.blinks_per_min));
  return `${shown}${rate}${face.liveness === "still" ? photograph : ""}`;
}

function headInWords(pose: { yaw_deg: number | null; pitch_deg: number | null; roll_deg: number | null }): string {
  const degrees = (value: number | null) => (value === null ? "–" : `${Math.round(value)}°`);
  return words.facts.pose(degrees(pose.yaw_deg), degrees(pose.pitch_deg), degrees(pose.roll_deg));
}

function voiceInWords({ speaking, energy_db }: VoiceSignal["value"]): string {
  return (speaking ? words.facts.speaking : words.facts.silent)(Math.round(energy_db));
}
