import { describe, expect, it } from "vitest";
import type { Card, CardForm } from "../wire/messages";
import { Cards, figureColumns, lineOf, webAddress } from "./cards";

function card(id: string, title = id): Card {
  return { id, title, text: "", reference: "", rows: [], items: [], table: null, groups: [], form: null, actions: [], source: null };
}

describe("the cards on the table", () => {
  it("have the newest on top, and one of the same id in place of the earlier one", () => {
    const cards = new Cards();
    for (const [id, title] of [["a", "A"], ["b", "B"], ["a", "A again"]] as const) cards.show(card(id, title));
    expect(cards.shown.value.map(({ title }) => title)).toEqual(["A again", "B"]);
  });

  it("are not more than a customer can look at", () => {
    const cards = new Cards();
    for (let index = 0; index < 20; index++) cards.show(card(`${index}`));
    expect(cards.shown.value.length).toBe(6);
    expect(cards.shown.value[0]?.id).toBe("19");
  });

  it("go when they are hidden, and nothing happens where they have gone", () => {
    const cards = new Cards();
    cards.show(card("a"));
    cards.hide("b");
    expect(cards.shown.value.length).toBe(1);
    cards.hide("a");
    expect(cards.shown.value).toEqual([]);
  });
});

describe("a form", () => {
  const form: CardForm = {
    fields: [
      { name: "number", label: "Number", kind: "digits", hint: "" },
      { name: "born", label: "Born", kind: "date", hint: "" },
    ],
    say: "My number is {number} and I was born on {born}",
    send: "Send",
  };

  it("becomes one line", () => {
    expect(lineOf(form, { number: " 4710023 ", born: "1985-05-03" })).toBe("My number is 4710023 and I was born on 1985-05-03");
  });

  it("does not look for names in what was filled in", () => {
    expect(lineOf(form, { number: "{born} $& $1", born: "x" })).toBe("My number is {born} $& $1 and I was born on x");
  });

  it("leaves a gap for what is not among its fields", () => {
    expect(lineOf({ ...form, say: "{nobody} {number}" }, { number: "1" })).toBe(" 1");
  });
});

describe("the address of a source", () => {
  it("leads to the web", () => {
    expect(webAddress("https://example.com/returns#late")).toBe("https://example.com/returns#late");
  });

  it.each(["", "returns.html", "javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd"])(
    "leads nowhere when it is %j",
    (url) => expect(webAddress(url)).toBeNull(),
  );
});

describe("a table", () => {
  it("finds its columns of figures, and never takes the names of rows for one", () => {
    const rows = [
      ["1", "$197.54", "5 %", "Northway", "−3"],
      ["2", "$1,197.54", "", "4 to 5 days", "12"],
    ];
    const table = { columns: ["Month", "Payment", "Share", "Carrier", "Change"], rows, total: [] };
    expect(figureColumns(table)).toEqual([false, true, true, false, true]);
  });

  it("has no figures where it has no rows, or rows that are too short", () => {
    expect(figureColumns({ columns: ["a", "b"], rows: [], total: [] })).toEqual([false, false]);
    expect(figureColumns({ columns: ["a", "b"], rows: [["x"]], total: [] })).toEqual([false, false]);
  });
});
