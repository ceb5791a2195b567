import { describe, expect, it } from "vitest";
import { decodeToPage } from "./call";
import { decodePicture, decodeToSupervisor } from "./supervision";

describe("messages to the customer's page", () => {
  it("are taken when they have the fields that the page relies on", () => {
    const rest = { because: [], told_because: [], because_seqs: [], translation: "", translation_language: "" };
    const caption = { type: "caption", id: "a", speaker: "agent", text: "Hello", final: true, ...rest };
    expect(decodeToPage(JSON.stringify(caption))).toEqual(caption);
  });

  it("keep fields that this page does not know", () => {
    expect(decodeToPage('{"type":"speaking","active":true,"mood":"calm"}')).toMatchObject({ active: true });
  });

  it("are passed over when the card inside lacks a part", () => {
    const parts = { text: "", reference: "", table: null, items: [], groups: [], source: null, rows: [], actions: [] };
    const card = { id: "k", title: "Order", form: null, ...parts };
    expect(decodeToPage(JSON.stringify({ type: "card", card }))).toEqual({ type: "card", card });
    expect(decodeToPage(JSON.stringify({ type: "card", card: { ...card, rows: null } }))).toBeNull();
  });

  it.each([
    ["no JSON", "{"],
    ["no object", '["welcome"]'],
    ["null", "null"],
    ["no type", '{"active":true}'],
    ["an unknown type", '{"type":"dance"}'],
    ["a type that every object inherits", '{"type":"toString"}'],
    ["a missing field", '{"type":"speaking"}'],
    ["a field of another kind", '{"type":"clock_ping","id":"1"}'],
  ])("are passed over when they are %s", (_, text) => {
    expect(decodeToPage(text)).toBeNull();
  });
});

describe("messages to the supervisors' page", () => {
  it("are passed over when the signal inside lacks its value", () => {
    const times = { captured_at: 1, captured_error_ms: 1, captured_from: "sender", media_ms: 0, age_ms: 3 };
    const signal = { call_id: "c", seq: 1, kind: "affect", valid: true, frame_id: 1, sources: [], ...times };
    expect(decodeToSupervisor(JSON.stringify({ type: "signal", signal }))).toBeNull();
    expect(decodeToSupervisor(JSON.stringify({ type: "signal", signal: { ...signal, value: {} } }))).not.toBeNull();
  });

  it("are passed over when the caption inside has no words", () => {
    const message = { type: "supervisor_caption", call_id: "c", caption: { id: "a", speaker: "agent" } };
    expect(decodeToSupervisor(JSON.stringify(message))).toBeNull();
  });
});

describe("a picture", () => {
  const header = {
    type: "picture",
    call_id: "c",
    frame_id: 7,
    rtp_timestamp: 90,
    captured_at: 1,
    media_ms: 2,
    age_ms: 3,
    width_px: 640,
    height_px: 480,
    faces: [],
    hands: [],
    stage_ms: { face_mesh: 1.5 },
  };

  function message(head: string, jpeg: number[], length?: number): ArrayBuffer {
    const json = new TextEncoder().encode(head);
    const bytes = new Uint8Array(4 + json.length + jpeg.length);
    new DataView(bytes.buffer).setUint32(0, length ?? json.length);
    bytes.set(json, 4);
    bytes.set(jpeg, 4 + json.length);
    return bytes.buffer;
  }

  it("comes apart into its header and exactly the bytes of its JPEG", () => {
    const picture = decodePicture(message(JSON.stringify({ ...header, call_id: "größe" }), [255, 216, 255]));
    expect(picture?.header).toEqual({ ...header, call_id: "größe" });
    expect([...(picture?.jpeg ?? [])]).toEqual([255, 216, 255]);
  });

  it.each([
    ["too short for a length", new ArrayBuffer(3)],
    ["shorter than its header claims to be", message(JSON.stringify(header), [1], 100_000)],
    ["without a JPEG", message(JSON.stringify(header), [])],
    ["with a header that is no JSON", message("{oops", [1])],
    ["with a header of another type", message('{"type":"calls","calls":[]}', [1])],
    ["with a header that lacks its faces", message(JSON.stringify({ ...header, faces: undefined }), [1])],
  ])("is passed over when it is %s", (_, broken) => {
    expect(decodePicture(broken)).toBeNull();
  });
});
