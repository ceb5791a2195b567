// What the tests of pages ask of their words.

/** Every word by its path, functions called with what they may be given. */
function everyWord(list: object, path = ""): [string, string][] {
  return Object.entries(list).flatMap(([name, value]): [string, string][] => {
    const at = `${path}/${name}`;
    if (typeof value === "string") return [[at, value]];
    if (typeof value === "function") return [[at, String(value(90, 2, 3, 4))]];
    return everyWord(value, at);
  });
}

/** What is in one of two languages alone, has no Chinese on a Chinese page, is empty, or was left from writing. */
export function faultsIn(english: object, chinese: object): string[] {
  const [ours, theirs] = [everyWord(english), everyWord(chinese)];
  const paths = [ours, theirs].map((said) => new Set(said.map(([at]) => at)));
  const lone = [...ours, ...theirs].filter(([at]) => !paths.every((known) => known.has(at))).map(([at]) => `${at}: in one language alone`);
  const foreign = theirs.filter(([at, text]) => /[a-z]/i.test(text) && !/\p{Script=Han}/u.test(text) && at !== "/tag");
  const flawed = [...ours, ...theirs].filter(([, text]) => text.trim() === "" || /undefined|\[object|NaN/.test(text));
  return [...lone, ...[...foreign, ...flawed].map(([at, text]) => `${at}: ${text}`)];
}

/** Other than names of errors, elements, keys and formats, and drawn paths: what reads like a sentence or a label: attributes and strings that begin with a capital, and text between tags. */
export function literalsIn(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|^import .*$|^export type .*$|^\s*case "\w+":/gm, "");
  const quoted = [...code.matchAll(/["`]([A-Z][^"`\n]*[a-z][^"`\n]*)["`]/g)].map(([, text = ""]) => text);
  const between = [...code.matchAll(/^\s*([A-Z][a-z]+[^<>{}()=;]*)$/gm), ...code.matchAll(/<\w+(?: [^>\n]*)?>([A-Z][a-z][^<>{}\n]*)</g)];
  return [...quoted.filter((text) => !/^(\w+(Error|Element)$|M-?\d|(Enter|Escape|Home|End|Arrow\w+)$|Parquet$)/.test(text)), ...between.map(([, text = ""]) => text.trim())];
}

/** The same of several views, by their files' names. */
export function literalsOf(views: Readonly<Record<string, string>>): string[] {
  return Object.entries(views).flatMap(([name, source]) => literalsIn(source).map((text) => `${name}: ${text}`));
}
