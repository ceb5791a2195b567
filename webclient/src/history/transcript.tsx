// What was said and what happened, in step with the replay; a line leads to its moment.
import { computed, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { AgentSays } from "../staff/agent_says";
import { nameOf } from "../staff/names";
import { sentencesOf } from "../staff/sentences";
import { percent, whoInWords, words as shared } from "../staff/words";
import { lastBefore } from "../ui/last_before";
import type { CallStory, Line, PastEvent } from "../wire/history";
import type { Player } from "./player";
import { clock, eventInWords, words } from "./words";

export type Moment = { line: Line } | { event: PastEvent };

/** Lines and events in order of time; of those of one moment a line comes last, so that whoever goes to it finds it current. */
export function momentsOf(story: Pick<CallStory, "lines" | "events">): Moment[] {
  const moments: Moment[] = [...story.lines.map((line) => ({ line })), ...story.events.map((event) => ({ event }))];
  return moments.sort((one, other) => timeOf(one) - timeOf(other) || Number("line" in one) - Number("line" in other));
}

export function timeOf(moment: Moment): number {
  return "line" in moment ? moment.line.at_s : moment.event.at_s;
}

export function Transcript({ player, story }: { player: Player; story: CallStory }) {
  const showsEvents = useSignal(true);
  const all = useMemo(() => momentsOf(story), [story]);
  const shown = showsEvents.value ? all : all.filter((moment) => "line" in moment);
  const times = shown.map(timeOf);
  const current = useMemo(() => computed(() => lastBefore(times, player.at.value)), [shown.length]).value;
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const item = list.current?.children[current];
    if (!player.playing.value || !(item instanceof HTMLElement) || !list.current) return;
    list.current.scrollTop = item.offsetTop - list.current.clientHeight / 2;
  }, [current]);
  return (
    <section class="panel block" aria-labelledby="said-title">
      <div class="block-header">
        <h2 id="said-title">{words.transcript.title}</h2>
        <label class="check push">
          <input id="show-events" type="checkbox" checked={showsEvents.value} onChange={(event) => (showsEvents.value = event.currentTarget.checked)} />
          {words.transcript.events}
        </label>
      </div>
      {shown.length === 0 && <p class="muted">{words.transcript.nothing}</p>}
      <ol id="said" class="lines" ref={list} tabIndex={0} aria-labelledby="said-title">
        {shown.map((moment, place) => (
          <li key={place} class={"line" in moment ? `by-${moment.line.who}` : "happened"} {...(place === current ? ({ "aria-current": "true" } as const) : {})}>
            <button type="button" class="moment" onClick={() => player.seek(timeOf(moment))}>
              <span class="number muted">{clock(timeOf(moment))}</span>
              {"line" in moment ? <Said line={moment.line} lang={story.call.language} /> : <Happened event={moment.event} lang={story.call.language} />}
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Said({ line, lang }: { line: Line; lang: string }) {
  const slots = Object.entries(line.slots);
  return (
    <span class="moment-words">
      <b>{nameOf("speaker", line.who)}</b>
      {line.typed && <span class="muted small"> {words.transcript.typed}</span>}
      <span class="said-text" lang={lang}>
        {line.text}
      </span>
      {(line.intent || slots.length > 0) && (
        <span class="moment-facts">
          {line.intent && <span class="chip">{nameOf("intent", line.intent)}</span>}
          {slots.map(([name, value]) => (
            <span class="chip" key={name}>
              {shared.of(nameOf("slot", name))}
              <span lang={lang}>{value}</span>
            </span>
          ))}
        </span>
      )}
      {line.because.length > 0 && <span class="muted small">
          {words.transcript.because}
          <AgentSays sentences={sentencesOf(line.because, line.told_because)} between={shared.semicolon} />
        </span>}
    </span>
  );
}

function Happened({ event, lang }: { event: PastEvent; lang: string }) {
  return (
    <span class="moment-words small">
      <span class="muted">{shared.of(nameOf("event", event.kind))}</span>
      <span {...(event.kind === "card" ? { lang } : {})}>{eventInWords(event)}</span>
      {event.kind === "alert" && event.detail && <span class="muted"> · <AgentSays sentences={sentencesOf([event.detail], event.told_detail)} between={shared.semicolon} /></span>}
      {event.kind === "alert_seen_to" && <span class="muted"> · {whoInWords(event.detail)}</span>}
      {event.confidence !== null && <span class="muted number"> {percent(event.confidence)}</span>}
    </span>
  );
}
