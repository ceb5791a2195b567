// Camera and microphone: asking for them, and saying in plain words why one could not be had.
import { words } from "./words";

/** An id of `MediaDeviceInfo`; "" lets the browser choose, null means: do without. */
export type DeviceChoice = string | null;

export interface CaptureChoices {
  camera: DeviceChoice;
  microphone: DeviceChoice;
}

export interface DeviceChoices extends CaptureChoices {
  /** An id of `MediaDeviceInfo`; "" is the system's choice. */
  speaker: string;
}

export interface Capture {
  camera: MediaStreamTrack | null;
  microphone: MediaStreamTrack | null;
  /** What was asked for and could not be had, for the customer to read. */
  problems: string[];
}

export interface PictureLimits {
  fps: number;
  widthPx: number;
}

/** What is asked of a camera until the agent says what it wants. */
export const USUAL_PICTURE: PictureLimits = { fps: 15, widthPx: 640 };

export function cameraConstraints({ fps, widthPx }: PictureLimits): MediaTrackConstraints {
  return {
    width: { ideal: widthPx, max: Math.max(widthPx, 320) },
    height: { ideal: Math.round((widthPx * 3) / 4) },
    frameRate: { ideal: fps },
  };
}

const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
};

/** Asks the browser for the chosen devices. What cannot be had is null and named in `problems`; nothing is thrown. */
export async function capture(choices: CaptureChoices, picture: PictureLimits): Promise<Capture> {
  if (!navigator.mediaDevices?.getUserMedia) {
    return { camera: null, microphone: null, problems: [words.devices.none] };
  }
  const video = choices.camera === null ? null : { ...cameraConstraints(picture), ...chosen(choices.camera) };
  const audio = choices.microphone === null ? null : { ...MICROPHONE, ...chosen(choices.microphone) };
  if (video && audio) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video, audio });
      return { camera: stream.getVideoTracks()[0] ?? null, microphone: stream.getAudioTracks()[0] ?? null, problems: [] };
    } catch {
      // One of the two is at fault; asking for each alone tells which, and still gives the other.
    }
  }
  const faults: Faults = {};
  const microphone = audio && (await captureOne("microphone", { audio }, faults));
  const camera = video && (await captureOne("camera", { video }, faults));
  return { camera, microphone, problems: deviceProblems(faults) };
}

/** By device that could not be had, the name of getUserMedia's error. */
type Faults = { camera?: string; microphone?: string };

async function captureOne(
  device: "camera" | "microphone",
  constraints: MediaStreamConstraints,
  faults: Faults,
): Promise<MediaStreamTrack | null> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    return stream.getTracks()[0] ?? null;
  } catch (error) {
    faults[device] = error instanceof DOMException ? error.name : "";
    return null;
  }
}

/** Why devices could not be had and what the customer can do: in one sentence where both have the same reason. */
export function deviceProblems({ camera, microphone }: Faults): string[] {
  const { inWriting, byVoice } = words.devices;
  if (camera !== undefined && camera === microphone) return [words.sentences(faultInWords("both", camera), inWriting)];
  const problems: string[] = [];
  if (microphone !== undefined) problems.push(words.sentences(faultInWords("microphone", microphone), inWriting));
  if (camera !== undefined) {
    const fault = faultInWords("camera", camera);
    problems.push(microphone === undefined ? words.sentences(fault, byVoice) : fault);
  }
  return problems;
}

function faultInWords(what: "camera" | "microphone" | "both", errorName: string): string {
  switch (errorName) {
    case "NotAllowedError":
    case "SecurityError":
      return words.devices.blocked[what];
    case "NotFoundError":
    case "OverconstrainedError":
      return words.devices.notFound[what];
    case "NotReadableError":
    case "AbortError":
      return words.devices.busy[what];
    default:
      return words.devices.failed[what];
  }
}

/** What a customer reads while a device is held and brings nothing. */
export function silencedProblem(device: "camera" | "microphone"): string {
  return words.devices.silenced[device];
}

export interface Devices {
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

/** The devices that this machine has; their names are known once one of them has been allowed. */
export async function listDevices(): Promise<Devices> {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return {
    cameras: all.filter((device) => device.kind === "videoinput" && device.deviceId !== ""),
    microphones: all.filter((device) => device.kind === "audioinput" && device.deviceId !== ""),
    speakers: all.filter((device) => device.kind === "audiooutput" && device.deviceId !== ""),
  };
}

function chosen(deviceId: string): MediaTrackConstraints {
  return deviceId ? { deviceId: { exact: deviceId } } : {};
}
