// What the sign-in page says, in English and Chinese.
import type { Language } from "../ui/language";
import type { Refusal } from "../wire/staff";

const ENGLISH = {
  /** Of `<html lang>`. */
  tag: "en",
  title: "Sign in",
  forStaff: "For staff. Customers need no account.",
  name: "Name",
  password: "Password",
  code: "Code of your authenticator app",
  codeHelp: "Or one of your recovery codes.",
  signIn: "Sign in",
  signingIn: "Signing in…",
  codeWanted: "Your password is right. Now type the code.",
  wrong: "Name, password or code is not right.",
  unavailable: "The agent cannot be reached, or cannot look accounts up now. Try again in a moment.",
  noAccount: "There is no account yet",
  useLink:
    "Open the address that “agent serve” prints in its terminal. To sign in with a name, have an account made there: agent users add NAME --role admin",
  badLink: "This link is no longer good: the agent was started again, or has accounts now.",
  elsewhere: "Sign in with your organisation",
  wait: (seconds: number) => `Too many tries. Wait ${seconds} s, then try again.`,
};

export type Words = typeof ENGLISH;

const CHINESE: Words = {
  tag: "zh-Hans",
  title: "登录",
  forStaff: "供员工使用。客户无需账号。",
  name: "用户名",
  password: "密码",
  code: "身份验证器中的验证码",
  codeHelp: "也可以输入一个恢复码。",
  signIn: "登录",
  signingIn: "正在登录…",
  codeWanted: "密码正确，请输入验证码。",
  wrong: "用户名、密码或验证码不正确。",
  unavailable: "无法连接服务，或暂时无法查询账号，请稍后再试。",
  noAccount: "还没有账号",
  useLink: "请打开 agent serve 在终端中显示的地址。如需用户名登录，请在终端中创建账号：agent users add NAME --role admin",
  badLink: "此链接已失效：服务已重新启动，或者已经有了账号。",
  elsewhere: "使用单位账号登录",
  wait: (seconds: number) => `尝试次数过多，请 ${seconds} 秒后再试。`,
};

export const LANGUAGES: Readonly<Record<Language, Words>> = { en: ENGLISH, zh: CHINESE };

/** Why somebody is not in, as a sentence; null where there is nothing to say yet. */
export function refusalInWords(refusal: Refusal, words: Words): string | null {
  switch (refusal.kind) {
    case "nobody":
      return null;
    case "wrong":
      return words.wrong;
    case "code_wanted":
      return words.codeWanted;
    case "wait":
      return words.wait(refusal.seconds);
    case "unavailable":
      return words.unavailable;
  }
}
