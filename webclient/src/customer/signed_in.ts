// Who is signed in: the business's site leads here with a token behind the address, which no server gets to see in it.

/** The token in the address, which is taken out of it, so that nobody passes it on with a link or finds it in a history. */
export function takeCustomer(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get("customer");
  if (token === null) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  return token;
}
