// How the watched call went: affect, voice and events on one line of time, to zoom into and to read off.
import "./timeline.css";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ago, percent, signed, words as shared } from "../staff/words";
import { Columns } from "../ui/columns";
import { lastBefore } from "../ui/last_before";
import type { Desk } from "./desk";
import { byMinute, eventsNear, type Timeline, type TimelineEvent } from "./timeline";
import { TimelineChart } from "./timeline_chart";
import { words } from "./words";

const SPANS: [seconds: number | null, said: string][] = [
  [120, words.timeline.minutes(2)],
  [600, words.timeline.minutes(10)],
  [null, words.timeline.all],
];
const MINUTES_TOLD = 15;

export function TimelinePanel({ desk, analysed }: { desk: Desk; analysed: boolean }) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<TimelineChart | null>(null);
  const span = useSignal<number | null>(120);
  const zoomed = useSignal(false);
  const pointedAtS = useSignal<number | null>(null);
  const callId = desk.watchedId.value;
  useEffect(() => {
    if (!holder.current) return;
    const made = new TimelineChart(holder.current, () => desk.timeline, {
      onPoint: (atS) => (pointedAtS.value = atS),
      onZoom: (yes) => (zoomed.value = yes),
    });
    chart.current = made;
    made.span = span.peek();
    return () => made.close();
  }, [callId, analysed]);
  const show = (seconds: number | null) => {
    span.value = seconds;
    if (chart.current) chart.current.span = seconds;
  };
  return (
    <section id="timeline" class="panel block" aria-labelledby="timeline-title">
      <header class="block-header">
        <h3 id="timeline-title">{words.timeline.title}</h3>
        <span class="spans" role="group" aria-label={words.timeline.spans}>
          {SPANS.map(([seconds, said]) => (
            <button
              key={said}
              type="button"
              class="chip span"
              aria-pressed={span.value === seconds && !zoomed.value}
              onClick={() => show(seconds)}
            >
              {said}
            </button>
          ))}
        </span>
      </header>
      <div class="chart" ref={holder} aria-hidden="true" data-analysed={analysed} />
      <p class="legend small" aria-hidden="true">
        <span class="key valence" /> {words.timeline.valence} <span class="key arousal" /> {words.timeline.arousal}{" "}
        <span class="key voice" /> {words.timeline.voice}
      </p>
      <Readout timeline={desk.timeline} atS={pointedAtS.value} zoomed={zoomed.value} />
      <Minutes desk={desk} />
    </section>
  );
}

function Readout({ timeline, atS, zoomed }: { timeline: Timeline; atS: number | null; zoomed: boolean }) {
  if (atS === null) {
    return (
      <p class="readout small muted">{zoomed ? words.timeline.zoomed : words.timeline.whole}</p>
    );
  }
  const at = lastBefore(timeline.atS, atS);
  const nowS = timeline.atS.at(-1) ?? atS;
  const voice = timeline.voice[at] ?? null;
  const events = eventsNear(timeline.events, atS, 3);
  return (
    <p class="readout small">
      <span class="muted">{ago(nowS - atS)}</span> ·{" "}
      {words.timeline.read(signed(timeline.valence[at] ?? null), signed(timeline.arousal[at] ?? null))} ·{" "}
      {voice === null ? words.timeline.silent : words.timeline.speaks}
      {events.length > 0 && <strong> · {events.map((event: TimelineEvent) => event.words).join(shared.comma)}</strong>}
    </p>
  );
}

/** The same in numbers, made only while it is open. */
function Minutes({ desk }: { desk: Desk }) {
  const open = useSignal(false);
  return (
    <details class="small" onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>{words.timeline.table}</summary>
      {open.value && <MinuteTable desk={desk} />}
    </details>
  );
}

function MinuteTable({ desk }: { desk: Desk }) {
  void desk.watched.value;
  const newestS = desk.timeline.atS.at(-1) ?? 0;
  const { columns } = words.timeline;
  return (
    <table id="minutes">
      <Columns names={[columns.minute, columns.valence, columns.arousal, columns.speaks, columns.events]} />
      <tbody>
        {byMinute(desk.timeline, MINUTES_TOLD).map(({ fromS, valence, arousal, speaking, events }) => (
          <tr key={newestS - fromS}>
            <th scope="row">{words.timeline.minutesAgo(Math.round((newestS - fromS) / 60))}</th>
            <td>{signed(valence)}</td>
            <td>{signed(arousal)}</td>
            <td>{percent(speaking)}</td>
            <td class="events">{events.join(shared.comma) || "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
