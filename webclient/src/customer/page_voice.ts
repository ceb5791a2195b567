// The browser's own speech synthesis as the agent's voice, one clause at a time; it obeys interruptions at once.
import type { PageSay, PageSpeech, PageSpoken } from "../wire/messages";

/** Browsers list their voices late; longer than this they are not waited for. */
const VOICES_MS = 1_500;

/** The part of `SpeechSynthesis` that is used. */
export type Synthesis = Pick<
  SpeechSynthesis,
  "speak" | "cancel" | "getVoices" | "addEventListener" | "removeEventListener"
>;

interface Clause {
  say: PageSay;
  voice: SpeechSynthesisVoice;
  /** Characters before the word that was spoken last. */
  reached: number;
  paused: boolean;
  /** What the browser speaks now; its events count only for as long as it stands here. */
  utterance: SpeechSynthesisUtterance | null;
}

/**
 * `speechSynthesis.pause()` does nothing on some systems and ends the speech on others. So a pause cancels, and going on
 * speaks the rest anew from the word that was cut off.
 */
export class PageVoice {
  private clause: Clause | null = null;
  /** Clauses whose voice is still being looked for, and what was asked of them meanwhile. */
  private readonly pending = new Map<string, PageSpeech["action"]>();

  constructor(
    private readonly report: (spoken: PageSpoken, say: PageSay) => void,
    private readonly synthesis: Synthesis | undefined = globalThis.speechSynthesis,
  ) {}

  /** Speaks a clause in place of the one before; resolves once that has begun, or cannot be. */
  async say(say: PageSay): Promise<void> {
    this.silence();
    this.pending.set(say.id, "resume");
    const voice = await this.voiceFor(say.language);
    const action = this.pending.get(say.id);
    this.pending.delete(say.id);
    if (!action || action === "cancel") return;
    if (!voice) {
      this.tell(say, "unavailable", 0);
      return;
    }
    this.clause = { say, voice, reached: 0, paused: action === "pause", utterance: null };
    if (!this.clause.paused) this.speakOn(this.clause);
  }

  /** Pauses, resumes or cancels the clause that is meant. */
  obey({ id, action }: PageSpeech): void {
    if (this.pending.has(id)) this.pending.set(id, action);
    const clause = this.clause;
    if (clause?.say.id !== id) return;
    if (action === "cancel") {
      this.silence();
    } else if (action === "pause" && !clause.paused) {
      clause.paused = true;
      clause.utterance = null;
      this.synthesis?.cancel();
    } else if (action === "resume" && clause.paused) {
      clause.paused = false;
      this.speakOn(clause);
    }
  }

  /** Falls silent for good. */
  silence(): void {
    this.pending.clear();
    if (!this.clause) return;
    this.clause = null;
    this.synthesis?.cancel();
  }

  private speakOn(clause: Clause): void {
    const { say, voice, reached: from } = clause;
    const utterance = new SpeechSynthesisUtterance(say.text.slice(from));
    Object.assign(utterance, { voice, lang: voice.lang, rate: say.rate });
    const counts = () => this.clause === clause && clause.utterance === utterance;
    utterance.onstart = () => counts() && this.tell(say, "started", from);
    utterance.onboundary = ({ charIndex }) => {
      if (!counts()) return;
      clause.reached = from + charIndex;
      this.tell(say, "reached", clause.reached);
    };
    const over = (state: "ended" | "unavailable") => () => {
      if (!counts()) return;
      this.clause = null;
      this.tell(say, state, state === "ended" ? say.text.length : clause.reached);
    };
    utterance.onend = over("ended");
    utterance.onerror = over("unavailable");
    clause.utterance = utterance;
    this.synthesis?.speak(utterance);
  }

  private tell(say: PageSay, state: PageSpoken["state"], characters: number): void {
    this.report({ type: "spoken", id: say.id, state, characters }, say);
  }

  /** The voice for a language, once the browser has listed any; one that works without a network is preferred. */
  private async voiceFor(language: string): Promise<SpeechSynthesisVoice | undefined> {
    const { synthesis } = this;
    if (!synthesis) return undefined;
    if (synthesis.getVoices().length === 0) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          synthesis.removeEventListener("voiceschanged", done);
          resolve();
        };
        const timer = setTimeout(done, VOICES_MS);
        synthesis.addEventListener("voiceschanged", done);
      });
    }
    return bestVoice(synthesis.getVoices(), language);
  }
}

/** The voice of the same region if there is one, else of the same language; local before remote. */
export function bestVoice(voices: SpeechSynthesisVoice[], language: string): SpeechSynthesisVoice | undefined {
  const tag = normal(language);
  const base = tag.split("-")[0];
  const score = (voice: SpeechSynthesisVoice) => {
    const spoken = normal(voice.lang);
    if (spoken.split("-")[0] !== base) return 0;
    return 1 + (spoken === tag ? 2 : 0) + (voice.localService ? 1 : 0);
  };
  return voices.filter(score).sort((one, other) => score(other) - score(one))[0];
}

function normal(tag: string): string {
  return tag.replace("_", "-").toLowerCase();
}
