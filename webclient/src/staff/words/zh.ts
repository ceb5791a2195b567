// Words that all pages of staff share, and how figures are written, in Chinese, in simplified characters.
import type { Words } from "./en";

const two = (value: number) => String(value).padStart(2, "0");

export const zh: Words = {
  tag: "zh-Hans",
  pages: "页面",
  live: "在线",
  history: "历史",
  trends: "趋势",
  signedIn: (name, role) => `${name}（${role}）`,
  byLink: "通过 agent serve 的链接登录",
  signOut: "退出登录",
  someoneByLink: "链接登录者",

  percent: (whole) => `${whole}%`,
  elapsed: (hours, minutes, seconds) => {
    if (hours > 0) return `${hours}小时${two(minutes)}分${two(seconds)}秒`;
    return minutes > 0 ? `${minutes}分${two(seconds)}秒` : `${seconds}秒`;
  },
  ago: (elapsed) => `${elapsed}前`,
  comma: "、",
  semicolon: "；",
  of: (name, value = "") => `${name}：${value}`,
};
