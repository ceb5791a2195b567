// Which cards lie on the table, and what a filled-in form says.
import { signal } from "@preact/signals";
import type { InputHTMLAttributes } from "preact";
import type { Card, CardField, CardForm, CardTable } from "../wire/messages";

const MOST = 6;

/** The newest card is the first. */
export class Cards {
  readonly shown = signal<Card[]>([]);

  /** Puts a card on top, in place of an earlier one of its id. */
  show(card: Card): void {
    this.shown.value = [card, ...this.without(card.id)].slice(0, MOST);
  }

  hide(id: string): void {
    this.shown.value = this.without(id);
  }

  clear(): void {
    this.shown.value = [];
  }

  private without(id: string): Card[] {
    return this.shown.value.filter((card) => card.id !== id);
  }
}

/** The chat line of a form: its `say` with each `{name}` replaced once; what was filled in is not looked at again. */
export function lineOf(form: CardForm, filled: Record<string, string>): string {
  return form.say.replace(/\{(\w+)\}/g, (_, name: string) => filled[name]?.trim() ?? "");
}

/** How an input for a kind of field behaves. */
export const INPUTS: Record<CardField["kind"], InputHTMLAttributes<HTMLInputElement>> = {
  text: { type: "text", autocomplete: "off" },
  digits: { type: "text", inputMode: "numeric", autocomplete: "off" },
  money: { type: "text", inputMode: "decimal", autocomplete: "off" },
  date: { type: "date", autocomplete: "off" },
  email: { type: "email", autocomplete: "email" },
  tel: { type: "tel", autocomplete: "tel" },
};

/** The address of a source if a page may lead there, else null: only the web, and never a script. */
export function webAddress(url: string): string | null {
  try {
    const { protocol, href } = new URL(url);
    return protocol === "https:" || protocol === "http:" ? href : null;
  } catch {
    return null;
  }
}

const FIGURE = /^[−-]?[^\p{L}\d\s]?[\d.,]*\d\s?%?$/u;

/** By column, whether it holds figures only, which are read from their last digit. */
export function figureColumns({ columns, rows }: CardTable): boolean[] {
  return columns.map((_, at) => {
    const cells = rows.map((row) => row[at] ?? "").filter(Boolean);
    return at > 0 && cells.length > 0 && cells.every((cell) => FIGURE.test(cell));
  });
}
