// What this browser lacks for a call, found out before anybody is asked for anything.
import { words } from "./words";

/** What is looked at, so that a test can stand in for a browser. */
export interface Surroundings {
  secure: boolean;
  connection: boolean;
  devices: boolean;
  sound: boolean;
}

export interface Lack {
  /** Without this there is no call at all, not even in writing. */
  grave: boolean;
  text: string;
}

export function surroundings(scope: Window & typeof globalThis = window): Surroundings {
  return {
    secure: scope.isSecureContext,
    connection: typeof scope.RTCPeerConnection === "function",
    devices: typeof scope.navigator.mediaDevices?.getUserMedia === "function",
    sound: typeof scope.AudioContext === "function",
  };
}

/** What is missing and what still works, the gravest first; nothing where all is there. */
export function lacks({ secure, connection, devices, sound }: Surroundings): Lack[] {
  const { missing } = words;
  const found: Lack[] = [];
  if (!connection || !sound) found.push({ grave: true, text: connection ? missing.sound : missing.connection });
  if (!secure && !devices) found.push({ grave: false, text: connection ? words.sentences(missing.insecure, missing.writing) : missing.insecure });
  else if (!devices && connection) found.push({ grave: false, text: missing.devices });
  return found;
}
