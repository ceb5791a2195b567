// Things to look at beside the call: orders, products, times to choose from, questions, each with what can be done.
import { useEffect, useRef } from "preact/hooks";
import { CloseIcon } from "../ui/icons";
import type { Card } from "../wire/messages";
import { CardFormView } from "./card_form";
import { ActionList, GroupList, ItemList, ReferenceView, RowList, SourceView } from "./card_parts";
import { CardTableView } from "./card_table";
import type { Session } from "./session";
import { words } from "./words";

export function CardList({ session }: { session: Session }) {
  const list = useRef<HTMLDivElement>(null);
  const cards = session.call.cards.shown.value;
  const newest = cards[0];
  useEffect(() => list.current?.scrollTo({ left: 0, top: 0 }), [newest]);
  useFocusKept(list, cards);
  return (
    <>
      <p class="for-screen-readers" role="status">
        {newest && words.cards.fresh(newest.title)}
      </p>
      <div id="cards" class="cards" role="region" aria-label={words.cards.list} tabIndex={-1} ref={list} hidden={!newest}>
        {cards.map((card) => (
          <CardView key={card.id} card={card} session={session} />
        ))}
      </div>
    </>
  );
}

/** Keeps the keyboard's place: where the card that it was in is taken away, the list has it. */
function useFocusKept(list: { current: HTMLElement | null }, cards: Card[]): void {
  const inside = useRef(false);
  useEffect(() => {
    const look = ({ target }: FocusEvent) => {
      inside.current = list.current?.contains(target as Node) ?? false;
    };
    document.addEventListener("focusin", look);
    return () => document.removeEventListener("focusin", look);
  }, [list]);
  useEffect(() => {
    if (inside.current && document.activeElement === document.body) list.current?.focus();
  }, [list, cards]);
}

function CardView({ card, session }: { card: Card; session: Session }) {
  const answer = (say: string) => session.call.answer(say);
  const wide = card.table !== null || card.groups.length > 0 || card.items.length > 1;
  return (
    <article class={`card panel ${wide ? "wide" : ""}`} data-card-id={card.id} aria-label={card.title}>
      <header>
        <h2>{card.title}</h2>
        <button
          type="button"
          class="icon-button"
          aria-label={words.cards.close(card.title)}
          onClick={() => session.call.cards.hide(card.id)}
        >
          <CloseIcon />
        </button>
      </header>
      {card.text && <p class="card-text">{card.text}</p>}
      {card.reference && <ReferenceView reference={card.reference} />}
      {card.rows.length > 0 && <RowList rows={card.rows} />}
      {card.items.length > 0 && <ItemList items={card.items} onAnswer={answer} />}
      {card.table && <CardTableView table={card.table} title={card.title} />}
      {card.groups.length > 0 && <GroupList groups={card.groups} onAnswer={answer} />}
      {card.form && <CardFormView form={card.form} cardId={card.id} onAnswer={answer} />}
      {card.actions.length > 0 && <ActionList actions={card.actions} onAnswer={answer} />}
      {card.source && <SourceView source={card.source} />}
    </article>
  );
}
