// Draws the timeline with uPlot: follows the call, zooms by dragging, and works only while it can be seen.
import uPlot from "uplot";
import type { EventKind, Timeline } from "./timeline";
import { words } from "./words";

const HEIGHT_PX = 168;
/** The lines need not move more often than this. */
const REDRAW_MS = 500;
/** At the bottom, below all that valence and arousal can be. */
const VOICE_FLOOR = -1.6;
const VOICE_HEIGHT = 0.5;
const MARK_PX = 5;
const STEPS_S = [1, 5, 10, 20, 30, 60, 120, 300, 600, 1800];

interface ChartEvents {
  /** Unix time in seconds that is pointed at; null when nothing is. */
  onPoint(atS: number | null): void;
  onZoom(zoomed: boolean): void;
}

export class TimelineChart {
  private chart: uPlot | null = null;
  private drawn = -1;
  private zoom: [fromS: number, toS: number] | null = null;
  private seen = true;
  private spanS: number | null = 120;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly resized: ResizeObserver;
  private readonly visible: IntersectionObserver;

  constructor(
    private readonly element: HTMLElement,
    private readonly timeline: () => Timeline,
    private readonly events: ChartEvents,
  ) {
    this.resized = new ResizeObserver(() => this.chart?.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    this.visible = new IntersectionObserver(([entry]) => (this.seen = entry?.isIntersecting ?? true));
    this.rebuild();
    this.resized.observe(element);
    this.visible.observe(element);
    this.dark.addEventListener("change", this.rebuild);
    this.timer = setInterval(() => this.draw(), REDRAW_MS);
  }

  /** How many seconds are shown; all of the call for null. Ends a zoom. */
  set span(seconds: number | null) {
    this.spanS = seconds;
    this.setZoom(null);
  }

  close(): void {
    clearInterval(this.timer);
    this.resized.disconnect();
    this.visible.disconnect();
    this.dark.removeEventListener("change", this.rebuild);
    this.chart?.destroy();
    this.chart = null;
  }

  private readonly rebuild = () => {
    this.chart?.destroy();
    this.chart = new uPlot(this.options(), [[], [], [], []], this.element);
    this.chart.over.addEventListener("dblclick", () => this.setZoom(null));
    this.drawn = -1;
  };

  private setZoom(range: [number, number] | null): void {
    this.zoom = range;
    this.drawn = -1;
    this.events.onZoom(range !== null);
    this.draw();
  }

  /** Nothing is drawn while nobody can see it, or nothing is new. */
  private draw(): void {
    const timeline = this.timeline();
    if (!this.chart || !this.seen || document.hidden || timeline.version === this.drawn) return;
    this.drawn = timeline.version;
    const { atS, valence, arousal, voice } = timeline;
    const from = this.firstShown(timeline);
    // Only what is shown is handed over: a call of hours costs no more than one of minutes.
    const [first, ...others] = [atS, valence, arousal, voice].map((column) => column.slice(from));
    this.chart.setData([first, ...others] as uPlot.AlignedData);
  }

  private firstShown({ atS }: Timeline): number {
    if (this.zoom !== null || this.spanS === null) return 0;
    const oldest = (atS.at(-1) ?? 0) - this.spanS;
    const at = atS.findLastIndex((pointS) => pointS < oldest);
    return Math.max(0, at);
  }

  private rangeX(): [number, number] {
    if (this.zoom) return this.zoom;
    const { atS } = this.timeline();
    const newest = atS.at(-1) ?? 0;
    return [this.spanS === null ? (atS[0] ?? newest - 60) : newest - this.spanS, newest || 1];
  }

  private options(): uPlot.Options {
    const style = getComputedStyle(this.element);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: colour("--muted"),
      font: "12px system-ui, sans-serif",
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    const line = { points: { show: false }, width: 2, spanGaps: false };
    return {
      width: this.element.clientWidth || 300,
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
      scales: {
        x: { time: false, range: () => this.rangeX() },
        y: { range: [VOICE_FLOOR, 1] },
        voice: { range: [0, (1 - VOICE_FLOOR) / VOICE_HEIGHT] },
      },
      axes: [
        { ...axis, size: 26, splits: (_, __, min, max) => this.splits(min, max), values: (_, splits) => splits.map((atS) => this.ago(atS)) },
        { ...axis, size: 34, splits: () => [-1, 0, 1] },
      ],
      series: [
        {},
        { ...line, stroke: colour("--valence") },
        { ...line, stroke: colour("--arousal"), dash: [6, 4] },
        { ...line, scale: "voice", width: 1, stroke: colour("--muted"), fill: colour("--sunken") },
      ],
      hooks: {
        setCursor: [(chart) => this.events.onPoint(chart.cursor.left! >= 0 ? chart.posToVal(chart.cursor.left!, "x") : null)],
        setSelect: [(chart) => this.select(chart)],
        draw: [(chart) => this.drawEvents(chart, colour)],
      },
    };
  }

  /** Round times before the newest point, at most seven of them. */
  private splits(min: number, max: number): number[] {
    const newest = this.timeline().atS.at(-1) ?? max;
    const step = STEPS_S.find((seconds) => (max - min) / seconds <= 6) ?? STEPS_S.at(-1)!;
    const splits: number[] = [];
    for (let atS = newest - Math.ceil((newest - max) / step) * step; atS >= min; atS -= step) splits.unshift(atS);
    return splits;
  }

  private ago(atS: number): string {
    const s = Math.round((this.timeline().atS.at(-1) ?? 0) - atS);
    if (s <= 0) return words.timeline.now;
    return s < 60 ? words.timeline.seconds(s) : s % 60 === 0 ? words.timeline.minutes(s / 60) : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  }

  private select(chart: uPlot): void {
    const { left, width } = chart.select;
    if (width < 4) return;
    const range: [number, number] = [chart.posToVal(left, "x"), chart.posToVal(left + width, "x")];
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.setZoom(range);
  }

  /** Each event is a mark above the lines; its shape tells its kind, the readout its words. */
  private drawEvents(chart: uPlot, colour: (name: string) => string): void {
    const [from, to] = this.rangeX();
    const { ctx } = chart;
    const size = MARK_PX * devicePixelRatio;
    ctx.save();
    ctx.fillStyle = colour("--ink");
    for (const { atS, kind } of this.timeline().events) {
      if (atS < from || atS > to) continue;
      const x = chart.valToPos(atS, "x", true);
      ctx.fill(mark(kind, x, chart.bbox.top + size, size));
    }
    ctx.restore();
  }
}

function mark(kind: EventKind, x: number, y: number, size: number): Path2D {
  const path = new Path2D();
  if (kind === "intent") path.rect(x - size / 2, y - size / 2, size, size);
  else if (kind === "gesture") path.arc(x, y, size / 2, 0, 2 * Math.PI);
  else {
    path.moveTo(x - size / 2, y - size / 2);
    path.lineTo(x + size / 2, y - size / 2);
    path.lineTo(x, y + size / 2);
    path.closePath();
  }
  return path;
}
