// The supervisors' page.
import "../ui/theme.css";
import "../ui/staff.css";
import "uplot/dist/uPlot.min.css";
import "./supervisor.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { words as shared } from "../staff/words";
import { entitle } from "../ui/language";
import { App } from "./app";
import { Desk } from "./desk";
import { enter, look } from "./signed_in";
import { words } from "./words";

entitle(shared.tag, words.title);
const root = document.getElementById("app");
if (root && (await enter())) {
  const address = new URL("/ws/supervisor", location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const desk = new Desk(address.href);
  effect(() => {
    if (desk.connection.value === "waiting") void look();
  });
  render(<App desk={desk} />, root);
}
