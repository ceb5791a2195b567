// What stands behind the # of an address, which browsers send to no server.

/** The value of `key` there, which is taken out of the address, so that nobody passes it on with a link or finds it in a history. */
export function takeFromFragment(key: string): string | undefined {
  const value = new URLSearchParams(location.hash.slice(1)).get(key);
  if (value === null) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  return value;
}
