// The parts of a card that need no memory of their own. All text in them is shown as text.
import { useSignal } from "@preact/signals";
import type { CardAction, CardGroup, CardItem, CardRow, CardSource } from "../wire/messages";
import { webAddress } from "./cards";
import { words } from "./words";

interface Answering {
  /** Sends a chat line in the customer's name. */
  onAnswer(say: string): void;
}

export function RowList({ rows }: { rows: CardRow[] }) {
  return (
    <dl>
      {rows.map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A number to note down, large, and copied at a press. */
export function ReferenceView({ reference }: { reference: string }) {
  const copied = useSignal(false);
  const copy = () => {
    void navigator.clipboard?.writeText(reference).then(() => {
      copied.value = true;
    });
  };
  return (
    <p class="reference">
      <strong>{reference}</strong>
      <button type="button" class="button small" aria-label={words.cards.copyThis(reference)} onClick={copy}>
        {words.cards.copy}
      </button>
      <span class="small" role="status">
        {copied.value && words.cards.copied}
      </span>
    </p>
  );
}

export function ItemList({ items, onAnswer }: { items: CardItem[] } & Answering) {
  return (
    <ul class="items">
      {items.map((item) => (
        <li key={item.title} class="item">
          <p class="item-head">
            <strong>{item.title}</strong>
            {item.value && <span class="item-value">{item.value}</span>}
          </p>
          {item.text && <p class="small muted">{item.text}</p>}
          {item.actions.length > 0 && <ActionList actions={item.actions} about={item.title} onAnswer={onAnswer} />}
        </li>
      ))}
    </ul>
  );
}

export function GroupList({ groups, onAnswer }: { groups: CardGroup[] } & Answering) {
  return (
    <div class="groups">
      {groups.map(({ label, actions }) => (
        <section key={label} class="group">
          <h3>{label}</h3>
          <ActionList actions={actions} about={label} onAnswer={onAnswer} />
        </section>
      ))}
    </div>
  );
}

interface ActionListProps extends Answering {
  actions: CardAction[];
  /** What the buttons are about where their labels alone do not tell, for those who hear them one by one. */
  about?: string;
}

export function ActionList({ actions, about, onAnswer }: ActionListProps) {
  return (
    <div class="actions">
      {actions.map(({ label, say, primary }) => (
        <button
          key={label}
          type="button"
          class={`button ${primary ? "primary" : ""}`}
          aria-label={about ? words.cards.about(label, about) : undefined}
          onClick={() => onAnswer(say)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

export function SourceView({ source }: { source: CardSource }) {
  const address = webAddress(source.url);
  return (
    <p class="source small muted">
      {words.cards.source}{" "}
      {address ? (
        <a href={address} target="_blank" rel="noopener noreferrer">
          {source.title}
        </a>
      ) : (
        source.title
      )}
    </p>
  );
}
