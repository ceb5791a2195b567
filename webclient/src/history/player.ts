// Where a replay stands: a clock that can be stopped, set, and run at any speed.
import { signal } from "@preact/signals";

export const SPEEDS = [0.5, 1, 1.5, 2, 4, 8] as const;
export const STEP_S = 5;

export class Player {
  readonly at = signal(0);
  readonly playing = signal(false);
  readonly speed = signal(1);
  private frame = 0;
  private before: number | null = null;

  /** `lengthS` is how long the call lasted. */
  constructor(readonly lengthS: number) {}

  /** From the beginning again where it had come to the end. */
  play(): void {
    if (this.playing.value || this.lengthS === 0) return;
    if (this.at.value >= this.lengthS) this.at.value = 0;
    this.playing.value = true;
    this.before = null;
    this.frame = requestAnimationFrame(this.tick);
  }

  pause(): void {
    this.playing.value = false;
    cancelAnimationFrame(this.frame);
  }

  toggle(): void {
    if (this.playing.value) this.pause();
    else this.play();
  }

  seek(toS: number): void {
    this.at.value = Math.max(0, Math.min(this.lengthS, toS));
  }

  /** To the next speed in that direction. */
  changeSpeed(direction: 1 | -1): void {
    const faster = SPEEDS.filter((speed) => (speed - this.speed.value) * direction > 0);
    const next = direction > 0 ? faster[0] : faster.at(-1);
    if (next !== undefined) this.speed.value = next;
  }

  /** One step of the clock; a page that was hidden does not leap ahead. */
  advance(elapsedMs: number): void {
    this.seek(this.at.value + (Math.min(elapsedMs, 250) / 1000) * this.speed.value);
    if (this.at.value >= this.lengthS) this.pause();
  }

  private readonly tick = (nowMs: number): void => {
    if (!this.playing.value) return;
    if (this.before !== null) this.advance(nowMs - this.before);
    this.before = nowMs;
    if (this.playing.value) this.frame = requestAnimationFrame(this.tick);
  };
}

/** Whether it was a key of the player, which then has done what the key is for. */
export function obeyKey(player: Player, key: string): boolean {
  switch (key) {
    case " ":
    case "k":
      player.toggle();
      return true;
    case "ArrowLeft":
      player.seek(player.at.value - STEP_S);
      return true;
    case "ArrowRight":
      player.seek(player.at.value + STEP_S);
      return true;
    case ",":
      player.changeSpeed(-1);
      return true;
    case ".":
      player.changeSpeed(1);
      return true;
    case "Home":
      player.seek(0);
      return true;
    case "End":
      player.seek(player.lengthS);
      return true;
    default:
      return false;
  }
}
