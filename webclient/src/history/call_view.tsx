// One call again: what can be drawn of it, its timeline, what was said in step with it, and labels of its moments.
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { nameOf, namesOf } from "../staff/names";
import { shortId, words as shared } from "../staff/words";
import { BackIcon } from "../ui/icons";
import type { CallStory, Series } from "../wire/history";
import { LabelPanel } from "./label_panel";
import { Player, obeyKey } from "./player";
import { PlayerBar } from "./player_bar";
import { AskFailed, ask, tracks } from "./service";
import { Stage } from "./stage";
import { Timeline } from "./timeline";
import { TrackStore } from "./track_store";
import { Transcript } from "./transcript";
import { clock, noReplay, outcomeInWords, when, words } from "./words";

export function CallView({ callId, atS }: { callId: string; atS: number }) {
  const told = useSignal<{ story: CallStory; series: Series } | null>(null);
  const fault = useSignal<string | null>(null);
  const load = async () => {
    fault.value = null;
    try {
      const [story, series] = await Promise.all([ask("story", `calls/${callId}`), ask("series", `calls/${callId}/series`)]);
      told.value = { story, series };
    } catch (error) {
      fault.value = error instanceof AskFailed ? error.message : String(error);
    }
  };
  useEffect(() => void load(), []);
  return (
    <article id="past-call" class="past-call" data-call={callId}>
      {fault.value && (
        <p class="message" role="alert">
          {fault.value} <a href="#calls">{words.call.back}</a>
        </p>
      )}
      {!told.value && !fault.value && <p class="muted nothing">{words.call.loading}</p>}
      {told.value && <Told story={told.value.story} series={told.value.series} atS={atS} reload={load} />}
    </article>
  );
}

/** How long there is something to show: events may come a moment after the end. */
function lengthOf(story: CallStory): number {
  return Math.max(story.call.lasted_s, story.lines.at(-1)?.at_s ?? 0, story.events.at(-1)?.at_s ?? 0);
}

function Told({ story, series, atS, reload }: { story: CallStory; series: Series; atS: number; reload: () => Promise<void> }) {
  const player = useMemo(() => new Player(lengthOf(story)), []);
  const store = useMemo(() => {
    const { starts_s, media_began_s } = story.replay;
    return new TrackStore(starts_s, media_began_s, (part) => tracks(story.call.call_id, part));
  }, []);
  useEffect(() => player.seek(atS), [atS]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const busy = event.target instanceof Element && event.target.closest("input, select, textarea, button, a, .lines");
      if (busy || event.ctrlKey || event.metaKey || event.altKey) return;
      if (obeyKey(player, event.key)) event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => {
      removeEventListener("keydown", press);
      player.pause();
    };
  }, []);
  const why = noReplay(story.replay);
  return (
    <>
      <Heading story={story} />
      <div class="past-grid">
        <div class="column">
          <section class="panel block" aria-labelledby="stage-title">
            <h2 id="stage-title">{words.call.replay}</h2>
            {why === null ? <Stage player={player} store={store} /> : <p id="no-replay" class="message">{why}</p>}
            <PlayerBar player={player} />
          </section>
          <Timeline player={player} story={story} series={series} />
        </div>
        <div class="column">
          <Transcript player={player} story={story} />
          <LabelPanel player={player} story={story} series={series} reload={reload} />
          <Agreed story={story} />
        </div>
      </div>
    </>
  );
}

function Heading({ story: { call, survey } }: { story: CallStory }) {
  return (
    <header class="past-header">
      <a id="back" class="button small" href="#calls">
        <BackIcon />
        {words.call.all}
      </a>
      <h2>{words.call.heading(when(call.started_at), clock(call.lasted_s))}</h2>
      <p class="facts">
        <span class="chip">{words.call.call(shortId(call.call_id))}</span>
        <span class="chip">{outcomeInWords(call.outcome)}</span>
        {call.domain && <span class="chip">{nameOf("domain", call.domain)}</span>}
        {call.taken_over && <span class="chip">{words.call.takenOver}</span>}
        {survey && (
          <span class={`chip ${survey.score >= 3 ? "good" : "warn"}`}>
            {words.call.score(survey.score)}
            {survey.resolved === null ? "" : survey.resolved ? words.call.resolved : words.call.notResolved}
          </span>
        )}
      </p>
      {survey?.text && <blockquote class="survey-words" lang={call.language}>{survey.text}</blockquote>}
    </header>
  );
}

function Agreed({ story }: { story: CallStory }) {
  const last = story.consents.at(-1);
  return (
    <section class="panel block" aria-labelledby="agreed-title">
      <h2 id="agreed-title">{words.call.agreed}</h2>
      <p>{last ? namesOf("purpose", last[1], shared.comma) || words.call.nothing : words.call.consentGone}</p>
    </section>
  );
}
