import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PageSay, PageSpoken } from "../wire/messages";
import { bestVoice, PageVoice, type Synthesis } from "./page_voice";

class FakeUtterance {
  lang = "";
  rate = 1;
  onstart: (() => void) | null = null;
  onboundary: ((event: { charIndex: number }) => void) | null = null;
  onend: (() => void) | null = null;
  onerror: (() => void) | null = null;
  constructor(readonly text: string) {}
}

function voice(lang: string, localService = true): SpeechSynthesisVoice {
  return { lang, localService, name: lang, voiceURI: lang, default: false };
}

/** Speaks a word whenever the test says so; a cancelled utterance ends in an error, late, as browsers have it. */
class FakeSynthesis extends EventTarget {
  voices: SpeechSynthesisVoice[] = [voice("zh-CN"), voice("en-US")];
  readonly spoken: FakeUtterance[] = [];
  current: FakeUtterance | null = null;
  getVoices = () => this.voices;
  speak(utterance: SpeechSynthesisUtterance) {
    this.current = utterance as unknown as FakeUtterance;
    this.spoken.push(this.current);
    this.current.onstart?.();
  }
  cancel() {
    const cut = this.current;
    this.current = null;
    queueMicrotask(() => cut?.onerror?.());
  }
  reach(charIndex: number) {
    this.current?.onboundary?.({ charIndex });
  }
  end() {
    const done = this.current;
    this.current = null;
    done?.onend?.();
  }
}

function say(id: string, text: string, language = "zh"): PageSay {
  return { type: "say", id, text, language, rate: 0.9 };
}

describe("the browser's voice", () => {
  let synthesis: FakeSynthesis;
  let reports: PageSpoken[];
  let pageVoice: PageVoice;
  const states = () => reports.map(({ id, state, characters }) => `${id} ${state} ${characters}`);
  const act = (id: string, action: "pause" | "resume" | "cancel") => pageVoice.obey({ type: "speech", id, action });

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("SpeechSynthesisUtterance", FakeUtterance);
    synthesis = new FakeSynthesis();
    reports = [];
    pageVoice = new PageVoice((spoken) => reports.push(spoken), synthesis as unknown as Synthesis);
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("speaks a clause in its language and at its rate, and reports how far it got", async () => {
    await pageVoice.say(say("1", "bonjour à tous", "zh-CN"));
    synthesis.reach(8);
    synthesis.end();
    expect(synthesis.spoken.map(({ text, lang, rate }) => [text, lang, rate])).toEqual([["bonjour à tous", "zh-CN", 0.9]]);
    expect(states()).toEqual(["1 started 0", "1 reached 8", "1 ended 14"]);
  });

  it("falls silent within the message that says pause, and goes on at the word that was cut off", async () => {
    await pageVoice.say(say("1", "one two three four"));
    synthesis.reach(8);
    act("1", "pause");
    expect(synthesis.current).toBeNull();
    await vi.runAllTimersAsync();
    act("1", "resume");
    synthesis.reach(6);
    synthesis.end();
    expect(synthesis.spoken.map(({ text }) => text)).toEqual(["one two three four", "three four"]);
    expect(states().slice(-3)).toEqual(["1 started 8", "1 reached 14", "1 ended 18"]);
  });

  it("falls silent for good within the message that says cancel, and reports no end", async () => {
    await pageVoice.say(say("1", "one two"));
    act("1", "cancel");
    expect(synthesis.current).toBeNull();
    act("1", "resume");
    await vi.runAllTimersAsync();
    expect(synthesis.spoken.length).toBe(1);
    expect(states()).toEqual(["1 started 0"]);
  });

  it("takes no order that is meant for an earlier clause", async () => {
    await pageVoice.say(say("1", "one"));
    synthesis.end();
    await pageVoice.say(say("2", "two"));
    act("1", "cancel");
    expect(synthesis.current?.text).toBe("two");
  });

  it("waits for voices that the browser lists late", async () => {
    const voices = synthesis.voices;
    synthesis.voices = [];
    const saying = pageVoice.say(say("1", "one"));
    await Promise.resolve();
    expect(synthesis.spoken).toEqual([]);
    synthesis.voices = voices;
    synthesis.dispatchEvent(new Event("voiceschanged"));
    await saying;
    expect(states()).toEqual(["1 started 0"]);
  });

  it("never speaks a clause that was cancelled, or not yet one that was paused, while voices were awaited", async () => {
    const voices = synthesis.voices;
    synthesis.voices = [];
    for (const [id, action] of [["1", "cancel"], ["2", "pause"]] as const) {
      const saying = pageVoice.say(say(id, "one"));
      act(id, action);
      await vi.advanceTimersByTimeAsync(100);
      synthesis.voices = voices;
      synthesis.dispatchEvent(new Event("voiceschanged"));
      await saying;
      expect(synthesis.spoken).toEqual([]);
      synthesis.voices = [];
    }
    act("2", "resume");
    expect(states()).toEqual(["2 started 0"]);
  });

  it("says so when it has no voice for the language, fails, or cannot speak at all", async () => {
    await pageVoice.say(say("1", "hallo", "de"));
    await pageVoice.say(say("2", "one"));
    synthesis.current?.onerror?.();
    const mute = new PageVoice((spoken) => reports.push(spoken), undefined);
    await mute.say(say("3", "one"));
    expect(states()).toEqual(["1 unavailable 0", "2 started 0", "2 unavailable 0", "3 unavailable 0"]);
  });

  it("gives up on voices that never come", async () => {
    synthesis.voices = [];
    const saying = pageVoice.say(say("1", "one"));
    await vi.advanceTimersByTimeAsync(1_500);
    await saying;
    expect(states()).toEqual(["1 unavailable 0"]);
  });
});

describe("the choice of a voice", () => {
  it("prefers the region, then what works without a network", () => {
    const voices = [voice("pt-BR", false), voice("pt_PT"), voice("es-ES")];
    expect(bestVoice(voices, "pt-BR")?.lang).toBe("pt-BR");
    expect(bestVoice(voices, "pt")?.lang).toBe("pt_PT");
    expect(bestVoice(voices, "fr")).toBeUndefined();
  });
});
