// The call at a glance: how it felt second by second, who spoke, and what happened; zoom by dragging, click to go there.
import { effect, signal, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import uPlot from "uplot";
import { nameOf } from "../staff/names";
import { signed, words as shared } from "../staff/words";
import { lastBefore } from "../ui/last_before";
import type { CallStory, PastEvent, Series } from "../wire/history";
import type { Player } from "./player";
import { clock, eventInWords, words } from "./words";

const HEIGHT_PX = 180;
const NEAR_PX = 6;

export function Timeline({ player, story, series }: { player: Player; story: CallStory; series: Series }) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const hovered = useMemo(() => signal<number | null>(null), []);
  const whole = useSignal(true);
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const playhead = document.createElement("div");
    playhead.className = "playhead";
    const place = () => {
      const plot = chart.current;
      if (!plot) return;
      const x = plot.valToPos(player.at.value, "x");
      playhead.hidden = x < 0 || x > plot.over.clientWidth;
      playhead.style.transform = `translateX(${x}px)`;
    };
    const rebuild = () => {
      chart.current?.destroy();
      const plot = new uPlot(options(element, player.lengthS, story, series, hovered, place, whole), columns(series), element);
      chart.current = plot;
      plot.over.append(playhead);
      plot.over.addEventListener("click", (event) => {
        if (plot.select.width > 0) return;
        player.seek(plot.posToVal(event.offsetX, "x"));
      });
      place();
    };
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const resized = new ResizeObserver(() => {
      chart.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX });
      place();
    });
    rebuild();
    resized.observe(element);
    dark.addEventListener("change", rebuild);
    const follow = effect(place);
    return () => {
      follow();
      resized.disconnect();
      dark.removeEventListener("change", rebuild);
      chart.current?.destroy();
      chart.current = null;
    };
  }, [series]);
  const zoom = (factor: number) => {
    const plot = chart.current;
    const { min, max } = plot?.scales["x"] ?? {};
    if (!plot || min == null || max == null) return;
    const span = Math.min(player.lengthS, Math.max(2, (max - min) * factor));
    const begin = Math.max(0, Math.min(player.lengthS - span, player.at.value - span / 2));
    plot.setScale("x", { min: begin, max: begin + span });
  };
  const empty = series.affect.at_s.length === 0;
  return (
    <section class="panel block" aria-labelledby="timeline-title">
      <div class="block-header">
        <h2 id="timeline-title">{words.timeline.title}</h2>
        <span class="push zoom">
          <button type="button" id="zoom-in" class="button small" onClick={() => zoom(0.5)}>
            {words.timeline.closer}
          </button>
          <button type="button" id="zoom-out" class="button small" disabled={whole.value} onClick={() => zoom(2)}>
            {words.timeline.wider}
          </button>
        </span>
      </div>
      {empty && <p class="muted">{words.timeline.empty}</p>}
      <ul class="traces small">
        <li class="trace valence">{words.timeline.valence}</li>
        <li class="trace arousal">{words.timeline.arousal}</li>
        <li class="trace frustration">{words.timeline.frustration}</li>
        <li class="trace speaking">{words.timeline.speaks}</li>
        <li class="trace events">{words.timeline.events}</li>
      </ul>
      <div id="timeline" class="chart timeline" ref={holder} aria-hidden="true" />
      <Reading player={player} hovered={hovered} story={story} series={series} />
    </section>
  );
}

interface ReadingProps {
  player: Player;
  hovered: { value: number | null };
  story: CallStory;
  series: Series;
}

/** What the chart shows at one moment, in words and numbers; made anew with each step of the replay, and so kept small. */
function Reading({ player, hovered, story, series }: ReadingProps) {
  const at = hovered.value ?? player.at.value;
  const { affect, scene } = series;
  const eventTimes = useMemo(() => story.events.map(({ at_s }) => at_s), [story]);
  const lineTimes = useMemo(() => story.lines.map(({ at_s }) => at_s), [story]);
  const place = lastBefore(affect.at_s, at);
  const known = place >= 0 && at - (affect.at_s[place] ?? 0) < 2;
  const event = story.events[lastBefore(eventTimes, at)];
  const line = story.lines[lastBefore(lineTimes, at)];
  const frustration = affect.frustration[place];
  return (
    <p class="small at-moment" data-at={Math.round(player.at.value)}>
      <b class="number">{clock(at)}</b>{" "}
      {known
        ? words.timeline.read(nameOf("emotion", affect.label[place] ?? "unknown"), signed(affect.valence[place] ?? null), signed(affect.arousal[place] ?? null))
        : words.timeline.unknown}
      {known && frustration != null && words.timeline.frustrated(frustration.toFixed(2))}
      {scene.at_s.length > 0 && `${shared.semicolon}${nameOf("scene", scene.label[Math.max(0, lastBefore(scene.at_s, at))] ?? "")}`}
      {event && at - event.at_s < 5 && `${shared.semicolon}${nameOf("event", event.kind)} ${eventInWords(event)}`}
      {line && at - line.at_s < 8 && `${shared.semicolon}${shared.of(nameOf("speaker", line.who), line.text.slice(0, 80))}`}
    </p>
  );
}

/** uPlot's columns: seconds of the call, valence, arousal, frustration; a gap breaks the line. */
export function columns({ affect }: Series): uPlot.AlignedData {
  const times: number[] = [];
  const lines: (number | null)[][] = [[], [], []];
  for (const [place, at] of affect.at_s.entries()) {
    const before = affect.at_s[place - 1];
    if (before !== undefined && at - before > 3) {
      times.push(before + 1);
      for (const line of lines) line.push(null);
    }
    times.push(at);
    for (const [which, values] of [affect.valence, affect.arousal, affect.frustration].entries()) lines[which]?.push(values[place] ?? null);
  }
  return [times, ...lines] as uPlot.AlignedData;
}

function options(
  element: HTMLElement,
  lengthS: number,
  story: CallStory,
  series: Series,
  hovered: { value: number | null },
  scaled: () => void,
  whole: { value: boolean },
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour("--muted"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  const line = (name: string, dash: number[]): uPlot.Series => ({ stroke: colour(name), width: 2, dash, points: { show: false } });
  const length = Math.max(1, lengthS);
  return {
    width: element.clientWidth || 300,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: true }, points: { show: false } },
    scales: { x: { time: false, range: (_, min, max) => (min === max || min === null ? [0, length] : [min, max]) }, y: { range: [-1.25, 1] } },
    axes: [
      { ...axis, size: 28, values: (_, splits) => splits.map(clock) },
      { ...axis, size: 36, splits: () => [-1, -0.5, 0, 0.5, 1] },
    ],
    series: [{}, line("--valence", []), line("--arousal", [6, 4]), line("--frustration", [2, 3])],
    hooks: {
      ready: [(plot) => plot.setScale("x", { min: 0, max: length })],
      setCursor: [(plot) => (hovered.value = plot.cursor.left == null || plot.cursor.left < 0 ? null : plot.posToVal(plot.cursor.left, "x"))],
      setScale: [
        (plot, key) => {
          if (key !== "x") return;
          const { min, max } = plot.scales["x"] ?? {};
          // Back to the whole call after a double click, where uPlot would go to where something is known.
          whole.value = (min ?? 0) <= 0 && (max ?? 0) >= length - 0.01;
          scaled();
        },
      ],
      draw: [(plot) => drawBelow(plot, story.events, series, colour("--accent"), colour("--warm"))],
    },
  };
}

/** Along the bottom: when the customer spoke, and above it a mark for each event. */
function drawBelow(plot: uPlot, events: readonly PastEvent[], { voice }: Series, speech: string, mark: string): void {
  const { ctx } = plot;
  const ratio = devicePixelRatio || 1;
  const y = plot.valToPos(-1.17, "y", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  ctx.fillStyle = speech;
  for (const [place, at] of voice.at_s.entries()) {
    if (!voice.speaking[place]) continue;
    const from = plot.valToPos(at - 0.5, "x", true);
    const to = plot.valToPos(at + 0.5, "x", true);
    ctx.fillRect(from, y, Math.max(ratio, to - from), 5 * ratio);
  }
  ctx.fillStyle = mark;
  let last = Number.NEGATIVE_INFINITY;
  for (const { at_s } of events) {
    const x = plot.valToPos(at_s, "x", true);
    if (x - last < NEAR_PX) continue;
    last = x;
    ctx.beginPath();
    ctx.moveTo(x, y - 12 * ratio);
    ctx.lineTo(x + 4 * ratio, y - 8 * ratio);
    ctx.lineTo(x, y - 4 * ratio);
    ctx.lineTo(x - 4 * ratio, y - 8 * ratio);
    ctx.fill();
  }
  ctx.restore();
}
