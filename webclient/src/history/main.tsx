// The page on past calls.
import "../ui/theme.css";
import "../ui/staff.css";
import "uplot/dist/uPlot.min.css";
import "./history.css";
import { render } from "preact";
import { words as shared } from "../staff/words";
import { enter } from "../supervisor/signed_in";
import { entitle } from "../ui/language";
import { App } from "./app";
import { words } from "./words";

entitle(shared.tag, words.documentTitle);
const root = document.getElementById("app");
if (root && (await enter())) render(<App />, root);
