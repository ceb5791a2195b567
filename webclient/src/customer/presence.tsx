// The agent as the customer sees it: a drawn figure that breathes, thinks, and moves its lips with what is heard.
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { CallStateChanged } from "../wire/messages";
import type { LiveCall } from "./live_call";
import { keptMs, type Lips, outline, REST } from "./mouth";

const MOUTH = { x: 100, y: 122, span: 58 };
/** The lips are drawn for so long after the last word was sent, as it is heard later. */
const TAIL_MS = 900;
/** Every second frame of most screens: lips need no more, and the agent speaks for most of a call. */
const DRAW_EVERY_MS = 30;
/** How often the browser is asked how long it keeps sound. */
const ASK_MS = 2_000;

export type Presence = "connecting" | "listening" | "thinking" | "speaking" | "held" | "staff";

/** What the figure shows of a call. */
function presenceOf(state: CallStateChanged["state"], does: "listening" | "thinking" | "speaking"): Presence {
  switch (state) {
    case "offered":
    case "consented":
      return "connecting";
    case "held":
      return "held";
    case "taken_over":
      return "staff";
    default:
      return does;
  }
}

export function PresenceView({ call }: { call: LiveCall }) {
  const presence = presenceOf(call.callState.value, call.agentDoes.value);
  const drawing = useRef<SVGSVGElement>(null);
  const lips = useRef<SVGPathElement>(null);
  useLips(drawing, lips, call, presence === "speaking");
  return (
    <svg class="presence" viewBox="0 0 200 200" data-presence={presence} aria-hidden="true" focusable="false" ref={drawing}>
      <circle class="halo wide" cx="100" cy="100" r="92" />
      <circle class="halo" cx="100" cy="100" r="80" />
      <g class="figure">
        <circle class="head" cx="100" cy="100" r="66" />
        {presence === "staff" ? <PersonShape /> : <FaceShape lips={lips} />}
      </g>
      <g class="thoughts">
        <circle cx="80" cy="184" r="6" />
        <circle cx="100" cy="184" r="6" />
        <circle cx="120" cy="184" r="6" />
      </g>
    </svg>
  );
}

function FaceShape({ lips }: { lips: RefObject<SVGPathElement | null> }) {
  return (
    <>
      <g class="eyes">
        <rect x="71" y="76" width="11" height="20" rx="5.5" />
        <rect x="118" y="76" width="11" height="20" rx="5.5" />
      </g>
      <path class="lips" ref={lips} d={outline(REST, MOUTH.x, MOUTH.y, MOUTH.span)} />
    </>
  );
}

function PersonShape() {
  return (
    <>
      <circle class="person" cx="100" cy="86" r="20" />
      <path class="person" d="M64 140a36 30 0 0 1 72 0Z" />
    </>
  );
}

/** Draws the lips and the loudness while the agent speaks; not at all for those who want no motion. */
function useLips(
  drawing: RefObject<SVGSVGElement | null>,
  lips: RefObject<SVGPathElement | null>,
  call: LiveCall,
  speaking: boolean,
): void {
  const loudness = call.agentLoudness.value;
  const receiver = call.agentReceiver.value;
  useEffect(() => {
    if (!receiver) return;
    let before: RTCStats | undefined;
    const ask = async () => {
      const report = await receiver.getStats().catch(() => null);
      const stats = [...(report?.values() ?? [])].find(({ type }) => type === "inbound-rtp") as RTCStats | undefined;
      call.mouth.delayMs = keptMs(before, stats) ?? call.mouth.delayMs;
      before = stats;
    };
    void ask();
    const timer = setInterval(() => void ask(), ASK_MS);
    return () => clearInterval(timer);
  }, [call, receiver]);
  useEffect(() => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const untilMs = speaking ? Infinity : performance.now() + TAIL_MS;
    const draw = (level: number, mouth: Lips) => {
      drawing.current?.style.setProperty("--level", level.toFixed(3));
      lips.current?.setAttribute("d", outline(mouth, MOUTH.x, MOUTH.y, MOUTH.span));
    };
    let shown = 0;
    let drawnMs = 0;
    let request = requestAnimationFrame(function look() {
      const nowMs = performance.now();
      if (nowMs >= untilMs) return draw(0, REST);
      request = requestAnimationFrame(look);
      if (nowMs - drawnMs < DRAW_EVERY_MS) return;
      drawnMs = nowMs;
      const level = loudness?.level() ?? 0;
      shown = Math.max(level, shown * 0.74);
      draw(shown, call.mouth.at(nowMs, level));
    });
    return () => cancelAnimationFrame(request);
  }, [drawing, lips, call, loudness, speaking]);
}
