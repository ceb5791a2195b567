// Whether the agent will be heard: a sound to play, and what to do where it was not heard.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { SpeakerIcon } from "../ui/icons";
import type { Equipment } from "./equipment";
import { LevelMeter } from "./level_meter";
import { playTestSound, type Sounding } from "./speaker";
import { words } from "./words";

type Heard = "untried" | "playing" | "asking" | "good" | "bad" | "failed";

export function SpeakerTest({ equipment }: { equipment: Equipment }) {
  const heard = useSignal<Heard>("untried");
  const sounding = useSignal<Sounding | null>(null);
  const question = useRef<HTMLButtonElement>(null);
  useEffect(() => () => sounding.peek()?.stop(), [sounding]);
  const asking = heard.value === "asking";
  useEffect(() => {
    if (asking) question.current?.focus();
  }, [asking]);
  const play = async () => {
    heard.value = "playing";
    const now = playTestSound(equipment.audio(), equipment.choices.value.speaker);
    sounding.value = now;
    heard.value = (await now.ended) ? "asking" : "failed";
    sounding.value = null;
  };
  return (
    <div class="field speaker-test" data-heard={heard.value}>
      <button type="button" id="test-speaker" class="button small" aria-disabled={heard.value === "playing"} onClick={() => heard.value !== "playing" && play()}>
        <SpeakerIcon />
        {heard.value === "playing" ? words.check.playing : words.check.testSpeaker}
      </button>
      {sounding.value && <LevelMeter loudness={sounding.value.loudness} label={words.check.playing} />}
      {asking && (
        <div class="row" role="group" aria-label={words.check.didYouHear}>
          <span class="question">{words.check.didYouHear}</span>
          <button type="button" id="heard" class="button small" ref={question} onClick={() => (heard.value = "good")}>
            {words.check.yes}
          </button>
          <button type="button" id="not-heard" class="button small" onClick={() => (heard.value = "bad")}>
            {words.check.no}
          </button>
        </div>
      )}
      <p class="small muted" role="status">
        {heard.value === "good" && words.check.soundGood}
        {heard.value === "bad" && words.check.soundHelp}
        {heard.value === "failed" && words.check.soundFailed}
      </p>
    </div>
  );
}
