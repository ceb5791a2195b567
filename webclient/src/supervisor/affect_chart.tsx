// Valence and arousal over the last two minutes; gaps where nothing was known.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { AFFECT_SPAN_S, type AffectPoint } from "./watched";

const HEIGHT_PX = 150;
/** The line need not move more often than this. */
const REDRAW_MS = 200;

export function AffectChart({ points }: { points: AffectPoint[] }) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const drawnAt = useRef(0);
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const rebuild = () => {
      chart.current?.destroy();
      chart.current = new uPlot(options(element), [[], [], []], element);
      drawnAt.current = 0;
    };
    const resized = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    rebuild();
    resized.observe(element);
    dark.addEventListener("change", rebuild);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", rebuild);
      chart.current?.destroy();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    const now = performance.now();
    if (now - drawnAt.current < REDRAW_MS) return;
    drawnAt.current = now;
    chart.current?.setData(columns(points));
  }, [points]);
  return <div class="chart" ref={holder} aria-hidden="true" />;
}

/** uPlot's columns: seconds before the newest point, valence, arousal. */
function columns(points: AffectPoint[]): uPlot.AlignedData {
  const newest = points.at(-1)?.at ?? 0;
  return [points.map(({ at }) => at - newest), points.map(({ valence }) => valence), points.map(({ arousal }) => arousal)];
}

function options(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour("--muted"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth || 300,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [-AFFECT_SPAN_S, 0] }, y: { range: [-1, 1] } },
    axes: [
      { ...axis, size: 28, values: (_, splits) => splits.map((seconds) => (seconds === 0 ? "now" : `${seconds} s`)) },
      { ...axis, size: 36, splits: () => [-1, -0.5, 0, 0.5, 1] },
    ],
    series: [
      {},
      { stroke: colour("--valence"), width: 2, points: { show: false } },
      { stroke: colour("--arousal"), width: 2, dash: [6, 4], points: { show: false } },
    ],
  };
}
