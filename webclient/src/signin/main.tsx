// The page on which staff sign in.
import "../ui/theme.css";
import "../ui/sheet.css";
import "./signin.css";
import { render } from "preact";
import { takeFromFragment } from "../ui/fragment";
import { entitle, language } from "../ui/language";
import { App } from "./app";
import { LANGUAGES } from "./words";

const root = document.getElementById("app");
if (root) {
  const words = LANGUAGES[language];
  entitle(words.tag, words.title);
  const linkWasBad = new URLSearchParams(location.search).has("link");
  const turnedAway = takeFromFragment("refused") ?? (linkWasBad ? words.badLink : null);
  render(<App words={words} turnedAway={turnedAway} />, root);
}
