// Words that all pages of staff share, and how figures are written, in English; `zh.ts` has the same in Chinese.

const two = (value: number) => String(value).padStart(2, "0");

export const en = {
  /** Of `<html lang>`. */
  tag: "en",
  pages: "Pages",
  live: "Live",
  history: "History",
  trends: "Trends",
  signedIn: (name: string, role: string) => `${name}, ${role}`,
  byLink: "By the link of agent serve",
  signOut: "Sign out",
  /** Who came by that link, as one among others. */
  someoneByLink: "someone by the link",

  percent: (whole: number) => `${whole} %`,
  /** How long something takes: "42 s", "3:07 min", "1:02:09 h". */
  elapsed: (hours: number, minutes: number, seconds: number) => {
    if (hours > 0) return `${hours}:${two(minutes)}:${two(seconds)} h`;
    return minutes > 0 ? `${minutes}:${two(seconds)} min` : `${seconds} s`;
  },
  ago: (elapsed: string) => `${elapsed} ago`,
  /** Between things that are listed, and between longer ones. */
  comma: ", ",
  semicolon: "; ",
  /** A name and what belongs to it, such as the value of a slot. */
  of: (name: string, value = "") => `${name}: ${value}`,
};

export type Words = typeof en;
