// What keys mean where one writes.

/** Whether a key sends the line. An input method's own Enter chooses characters, and with Shift it begins a new line. */
export function sendsLine({ key, shiftKey, isComposing }: KeyboardEvent): boolean {
  return key === "Enter" && !shiftKey && !isComposing;
}
