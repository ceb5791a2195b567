// How customers are served as a whole: capacity, who waits, who was answered in time, and what is wrong.
import type { ComponentChildren } from "preact";
import { AgentSays } from "../staff/agent_says";
import { sentencesOf } from "../staff/sentences";
import { elapsed, percent, words as shared } from "../staff/words";
import type { Sentence, Served, Service } from "../wire/messages";
import type { Desk } from "./desk";
import { useNow } from "./use_now";
import { words } from "./words";

export function ServiceStrip({ desk }: { desk: Desk }) {
  const service = desk.service.value;
  const calls = desk.calls.value;
  if (!service || !calls) return null;
  const degraded = calls.filter((call) => call.degraded).length;
  return (
    <dl id="service" class="strip panel" aria-label={words.service.title}>
      <Fact name={words.service.calls} value={`${calls.length}`} note={words.service.borne(service.rated)} />
      <Capacity service={service} />
      <Queue service={service} />
      <Level name={words.service.lastHour} served={service.last_hour} withinS={service.answered_within_s} />
      <Level name={words.service.lastDay} served={service.last_day} withinS={service.answered_within_s} />
      <Agent faults={sentencesOf(service.faults, service.told_faults)} degraded={degraded} />
    </dl>
  );
}

function Agent({ faults, degraded }: { faults: readonly Sentence[]; degraded: number }) {
  const { agent, states, degradedCalls, nothingAmiss } = words.service;
  if (faults.length > 0) return <Fact name={agent} value={states.faulty} note={<AgentSays sentences={faults} between={shared.semicolon} />} warns />;
  if (degraded > 0) return <Fact name={agent} value={states.degraded} note={degradedCalls(degraded)} warns />;
  return <Fact name={agent} value={states.well} note={nothingAmiss} />;
}

interface FactProps {
  name: string;
  value: string;
  note: ComponentChildren;
  warns?: boolean;
}

function Fact({ name, value, note, warns }: FactProps) {
  return (
    <div class={warns ? "warns" : ""}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong> <span class="muted">{note}</span>
      </dd>
    </div>
  );
}

function Capacity({ service }: { service: Service }) {
  const used = 1 - service.free_share;
  return (
    <div class={used >= 0.95 ? "warns" : ""}>
      <dt>{words.service.capacity}</dt>
      <dd>
        <strong>{percent(used)}</strong> <span class="muted">{words.service.inUse}</span>
        <span class="bar" aria-hidden="true">
          <span style={{ transform: `scaleX(${used})` }} />
        </span>
      </dd>
    </div>
  );
}

function Queue({ service }: { service: Service }) {
  const nowS = useNow(1000) / 1000;
  const { in_line: waiting, waiting_since: since } = service;
  const longest = since === null ? words.service.nobodyWaits : words.service.longest(elapsed(nowS - since));
  return <Fact name={words.service.line} value={`${waiting}`} note={longest} warns={waiting > 0} />;
}

function Level({ name, served, withinS }: { name: string; served: Served; withinS: number }) {
  return <Fact name={name} value={levelInWords(served)} note={noteInWords(served, withinS)} />;
}

/** The share that was answered in time; a dash while there was nobody to answer. */
export function levelInWords({ customers, in_time }: Served): string {
  return customers === 0 ? "–" : percent(in_time / customers);
}

function noteInWords({ customers, given_up }: Served, withinS: number): string {
  if (customers === 0) return words.service.noCustomers;
  return words.service.answered(customers, withinS) + (given_up === 0 ? "" : words.service.gaveUp(given_up));
}
