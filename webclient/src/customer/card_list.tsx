// Things to look at beside the call: orders, forms, confirmations, each with its actions.
import { CloseIcon } from "../ui/icons";
import type { Card } from "../wire/call";
import type { Session } from "./session";

export function CardList({ session }: { session: Session }) {
  return (
    <div id="cards" class="cards" role="region" aria-label="Cards" aria-live="polite">
      {session.cards.value.map((card) => (
        <CardView key={card.id} card={card} session={session} />
      ))}
    </div>
  );
}

function CardView({ card, session }: { card: Card; session: Session }) {
  return (
    <article class="card panel" data-card-id={card.id} aria-label={card.title}>
      <header>
        <h2>{card.title}</h2>
        <button type="button" class="icon-button" aria-label={`Close ${card.title}`} onClick={() => session.dismissCard(card.id)}>
          <CloseIcon />
        </button>
      </header>
      {card.text && <p>{card.text}</p>}
      {card.rows && card.rows.length > 0 && (
        <dl>
          {card.rows.map(({ label, value }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {card.actions && card.actions.length > 0 && (
        <div class="row">
          {card.actions.map(({ label, say }) => (
            <button key={label} type="button" class="button small" onClick={() => session.say(say)}>
              {label}
            </button>
          ))}
        </div>
      )}
    </article>
  );
}
