// The page on which speech recognition can be tried.
import "../ui/theme.css";
import "../ui/sheet.css";
import "./transcribe.css";
import { render } from "preact";
import { entitle } from "../ui/language";
import { App } from "./app";
import { words } from "./words";

entitle(words.tag, words.title);
const root = document.getElementById("app");
if (root) render(<App />, root);
