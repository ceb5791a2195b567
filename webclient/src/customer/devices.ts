// Camera and microphone: asking for them, and saying in plain words why one could not be had.

/** An id of `MediaDeviceInfo`; "" lets the browser choose, null means: do without. */
export type DeviceChoice = string | null;

export interface DeviceChoices {
  camera: DeviceChoice;
  microphone: DeviceChoice;
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
export async function capture(choices: DeviceChoices, picture: PictureLimits): Promise<Capture> {
  if (!navigator.mediaDevices?.getUserMedia) {
    const problem = "This browser gives no camera or microphone to this page. You can still chat in writing.";
    return { camera: null, microphone: null, problems: [problem] };
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
  const inWriting = "You can go on in writing.";
  if (camera !== undefined && camera === microphone) {
    return [`${faultInWords("Camera and microphone", "are", "them", camera)} ${inWriting}`];
  }
  const problems: string[] = [];
  if (microphone !== undefined) problems.push(`${faultInWords("The microphone", "is", "it", microphone)} ${inWriting}`);
  if (camera !== undefined) {
    const alone = microphone === undefined ? " You can go on with your voice alone." : "";
    problems.push(`${faultInWords("The camera", "is", "it", camera)}${alone}`);
  }
  return problems;
}

function faultInWords(device: string, is: string, it: string, errorName: string): string {
  switch (errorName) {
    case "NotAllowedError":
    case "SecurityError":
      return `${device} ${is} blocked. Allow ${it} in the browser's address bar and press “Try again”.`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `${device} ${is} not to be found.`;
    case "NotReadableError":
    case "AbortError":
      return `${device} ${is} in use by another program, or not responding.`;
    default:
      return `${device} could not be opened.`;
  }
}

/** What a customer reads while a device is held and brings nothing. */
export function silencedProblem(device: "camera" | "microphone"): string {
  return `The ${device} brings nothing. The system or another program may have turned it off; it goes on by itself once it is back.`;
}

export interface Devices {
  cameras: MediaDeviceInfo[];
  microphones: MediaDeviceInfo[];
}

/** The devices that this machine has; their names are known once one of them has been allowed. */
export async function listDevices(): Promise<Devices> {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return {
    cameras: all.filter((device) => device.kind === "videoinput" && device.deviceId !== ""),
    microphones: all.filter((device) => device.kind === "audioinput" && device.deviceId !== ""),
  };
}

function chosen(deviceId: string): MediaTrackConstraints {
  return deviceId ? { deviceId: { exact: deviceId } } : {};
}
