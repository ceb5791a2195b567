// Says of the moment at which the replay stands what the agent had right or wrong; each answer is kept as a label.
import { useSignal } from "@preact/signals";
import { nameOf } from "../staff/names";
import { whoInWords } from "../staff/words";
import { lastBefore } from "../ui/last_before";
import type { CallStory, Label, Series } from "../wire/history";
import type { Player } from "./player";
import { AskFailed, label } from "./service";
import { clock, words } from "./words";

export type LabelKind = "emotion" | "gesture" | "intent";

/** Something that the agent read, and when. */
export interface Read {
  kind: LabelKind;
  read: string;
  atS: number;
}

/** A gesture or intent belongs to a moment that is so close to it. */
const NEAR_S = 8;

/** What was read at a moment: the emotion that held, and the gesture and intent that came last, not long before. */
export function readAt(story: Pick<CallStory, "lines" | "events">, series: Series, atS: number): Read[] {
  const found: Read[] = [];
  const place = lastBefore(series.expression.at_s, atS + 0.5);
  const felt = series.expression.label[place];
  const feltAt = series.expression.at_s[place];
  if (felt !== undefined && feltAt !== undefined && atS - feltAt < 2) found.push({ kind: "emotion", read: felt, atS: feltAt });
  const near = (at: number) => at <= atS + 0.5 && atS - at < NEAR_S;
  const gesture = story.events.findLast(({ kind, at_s }) => kind === "gesture" && near(at_s));
  if (gesture) found.push({ kind: "gesture", read: gesture.label, atS: gesture.at_s });
  const line = story.lines.findLast(({ intent, at_s }) => intent !== null && near(at_s));
  if (line?.intent) found.push({ kind: "intent", read: line.intent, atS: line.at_s });
  return found;
}

/** What was read, or should have been: an emotion, a gesture or an intent. */
function readInWords(kind: string, read: string): string {
  return kind === "emotion" || kind === "gesture" || kind === "intent" ? nameOf(kind, read) : read;
}

function labelInWords({ kind, read, right, correct }: Label): string {
  const [what, name] = [nameOf("label", kind), readInWords(kind, read)];
  if (correct) return words.labels.right(what, name);
  return right ? words.labels.corrected(what, name, readInWords(kind, right)) : words.labels.wrong(what, name);
}

export function LabelPanel({ player, story, series, reload }: { player: Player; story: CallStory; series: Series; reload: () => Promise<void> }) {
  const state = useSignal<string | null>(null);
  const fault = useSignal<string | null>(null);
  // Twice a second is often enough for people.
  const atS = Math.floor(player.at.value * 2) / 2;
  const reads = readAt(story, series, atS);
  const save = async (read: Read, right: string) => {
    state.value = fault.value = null;
    try {
      await label({ call_id: story.call.call_id, at_s: read.atS, kind: read.kind, read: read.read, right });
      await reload();
      const kept = right === read.read ? words.labels.keptRight : words.labels.keptWrong;
      state.value = kept(nameOf("label", read.kind), readInWords(read.kind, read.read));
    } catch (error) {
      fault.value = error instanceof AskFailed ? error.message : String(error);
    }
  };
  return (
    <section class="panel block" aria-labelledby="labels-title">
      <h2 id="labels-title">{words.labels.title}</h2>
      <p class="muted small">
        {story.trains ? words.labels.learns : words.labels.measures}
      </p>
      {reads.length === 0 && <p>{words.labels.nothing(clock(atS))}</p>}
      <ul class="reads">
        {reads.map((read) => (
          <Judged key={`${read.kind}@${read.atS}`} read={read} values={story.label_values[read.kind] ?? []} save={save} />
        ))}
      </ul>
      <p id="label-state" role="status">
        {state.value}
      </p>
      {fault.value && (
        <p class="message" role="alert">
          {fault.value}
        </p>
      )}
      {story.labels.length > 0 && (
        <>
          <h3>{words.labels.ofCall}</h3>
          <ul id="labels" class="labels">
            {story.labels.map((one) => (
              <li key={`${one.kind}${one.at_s}${one.labelled_at}`}>
                <button type="button" class="link-button number" onClick={() => player.seek(one.at_s)}>
                  {clock(one.at_s)}
                </button>{" "}
                {labelInWords(one)}
                <span class="muted small"> {whoInWords(one.by)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Judged({ read, values, save }: { read: Read; values: string[]; save: (read: Read, right: string) => Promise<void> }) {
  const wrong = useSignal(false);
  const right = useSignal("");
  const id = `right-${read.kind}`;
  return (
    <li class="read" data-kind={read.kind}>
      <span>
        <span class="muted small number">
          {words.labels.at(nameOf("label", read.kind), clock(read.atS))}
        </span>
        <b class="read-value">{readInWords(read.kind, read.read)}</b>
      </span>
      <span class="read-buttons">
        <button type="button" class="button small says-right" onClick={() => void save(read, read.read)}>
          {words.labels.saysRight}
        </button>
        <button type="button" class="button small says-wrong" aria-expanded={wrong.value} onClick={() => (wrong.value = !wrong.value)}>
          {words.labels.saysWrong}
        </button>
      </span>
      {wrong.value && (
        <span class="read-right">
          <label class="field" for={id}>
            {words.labels.itWas}
            <select id={id} value={right.value} onChange={(event) => (right.value = event.currentTarget.value)}>
              <option value="">{words.labels.cannotTell}</option>
              {values
                .filter((value) => value !== read.read)
                .map((value) => (
                  <option key={value} value={value}>
                    {readInWords(read.kind, value)}
                  </option>
                ))}
            </select>
          </label>
          <button
            type="button"
            class="button small primary says-so"
            onClick={() => {
              wrong.value = false;
              void save(read, right.value);
            }}
          >
            {words.labels.save}
          </button>
        </span>
      )}
    </li>
  );
}
