// The page on which speech recognition can be tried.
import "../ui/theme.css";
import "../ui/sheet.css";
import "./transcribe.css";
import { render } from "preact";
import { App } from "./app";

const root = document.getElementById("app");
if (root) render(<App />, root);
