// Checks a parsed JSON object against the fields that its reader relies on, told apart by a tag.

type FieldKind = "string" | "number" | "boolean" | "array" | "object";

/** Required fields of one kind of message. Fields that are not named may be absent, and unknown ones are ignored. */
export type Shape = Record<string, FieldKind>;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function hasShape(value: Record<string, unknown>, shape: Shape): boolean {
  return Object.entries(shape).every(([field, kind]) => {
    const found = value[field];
    if (kind === "array") return Array.isArray(found);
    if (kind === "object") return isObject(found);
    return typeof found === kind;
  });
}

/** The object in `text` if it is JSON, its `tag` field names one of `shapes`, and it has that shape; null otherwise. */
export function decodeTagged(text: string, tag: string, shapes: Record<string, Shape>): Record<string, unknown> | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  const name = parsed[tag];
  if (typeof name !== "string" || !Object.hasOwn(shapes, name)) return null;
  const shape = shapes[name];
  return shape && hasShape(parsed, shape) ? parsed : null;
}
