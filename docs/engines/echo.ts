// A reply engine in 40 lines: it says back what it hears. `npm install && npm start -- 9000`, with Node 20 or newer.
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

type FromAgent = { type: string; text?: string; final?: boolean; turn?: number; resumed?: boolean };

function read(data: Buffer): FromAgent | null {
  try {
    const message = JSON.parse(data.toString());
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null; // whatever that was, the call goes on
  }
}

function converse(socket: WebSocket): void {
  const mark = randomUUID().slice(0, 8);
  let said = 0;
  let takenOver = false;
  const send = (message: object) => socket.send(JSON.stringify(message));
  const say = (text: string, more: object = {}) => send({ type: "say", id: `${mark}-${++said}`, text, ...more });

  send({ type: "hello", protocol: 1, engine: "echo-ts" });
  socket.on("error", () => socket.terminate()); // the agent comes back with `resumed`
  socket.on("message", (data: Buffer) => {
    const message = read(data);
    if (message?.type === "call_started") {
      say(message.resumed ? "Welcome back." : "Hello. I say back what I hear.");
    } else if (message?.type === "taken_over" || message?.type === "resumed") {
      takenOver = message.type === "taken_over";
    } else if (message?.type === "utterance" || message?.type === "chat") {
      const text = String(message.text ?? "").slice(0, 1000);
      if (text && message.final !== false && !takenOver) say(`You said: ${text}`, { in_reply_to: message.turn });
    }
  });
}

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2] ?? 9000) });
server.on("connection", converse);
server.on("listening", () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));
