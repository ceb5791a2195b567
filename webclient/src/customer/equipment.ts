// The customer's camera and microphone through a visit: chosen, held, muted, unplugged and let go.
import { batch, computed, signal } from "@preact/signals";
import {
  cameraConstraints,
  capture,
  type DeviceChoice,
  type DeviceChoices,
  type Devices,
  listDevices,
  type PictureLimits,
  USUAL_PICTURE,
} from "./devices";
import { Loudness, silentTrack } from "./loudness";

export class Equipment {
  readonly devices = signal<Devices>({ cameras: [], microphones: [] });
  readonly choices = signal<DeviceChoices>({ camera: "", microphone: "" });
  /** Why a device could not be had, for the customer to read. */
  readonly problems = signal<string[]>([]);
  /** The browser is asking the customer for permission, or opening devices. */
  readonly asking = signal(false);
  readonly camera = signal<MediaStreamTrack | null>(null);
  readonly microphone = signal<MediaStreamTrack | null>(null);
  readonly loudness = signal<Loudness | null>(null);
  readonly muted = signal(false);
  readonly microphoneOn = computed(() => this.microphone.value !== null && !this.muted.value);

  private picture: PictureLimits = USUAL_PICTURE;
  private audioContext: AudioContext | null = null;
  private silence: MediaStreamTrack | null = null;
  private request = 0;

  /** `onLost` is told of a device that went away by itself. */
  constructor(private readonly onLost: () => void) {
    navigator.mediaDevices?.addEventListener?.("devicechange", () => void this.refresh());
  }

  /** One for the whole visit; first asked for when the customer has pressed a button, as browsers demand. */
  audio(): AudioContext {
    this.audioContext ??= new AudioContext();
    return this.audioContext;
  }

  /** What is sent as the customer's voice: the microphone, or silence where there is none. */
  outgoingSound(): MediaStreamTrack {
    this.silence ??= silentTrack(this.audio());
    return this.microphone.value ?? this.silence;
  }

  /** Opens the chosen devices in place of those held now. */
  async acquire(): Promise<void> {
    this.release();
    const request = ++this.request;
    this.asking.value = true;
    const got = await capture(this.choices.value, this.picture);
    if (request !== this.request) {
      got.camera?.stop();
      got.microphone?.stop();
      return;
    }
    batch(() => {
      this.problems.value = got.problems;
      this.hold("camera", got.camera);
      this.hold("microphone", got.microphone);
      this.asking.value = false;
    });
    await this.refresh();
  }

  async choose(device: keyof DeviceChoices, choice: DeviceChoice): Promise<void> {
    this.choices.value = { ...this.choices.value, [device]: choice };
    await this.acquire();
  }

  /** Opens one device again, after it was turned off or went away. */
  async reopen(device: keyof DeviceChoices): Promise<MediaStreamTrack | null> {
    const without: DeviceChoices = { camera: null, microphone: null };
    const got = await capture({ ...without, [device]: this.choices.value[device] ?? "" }, this.picture);
    this.problems.value = got.problems;
    this.hold(device, got[device]);
    return got[device];
  }

  /** Turns the camera really off, its light included. */
  stopCamera(): void {
    stop(this.camera.value);
    this.hold("camera", null);
  }

  toggleMute(): void {
    this.muted.value = !this.muted.value;
    if (this.microphone.value) this.microphone.value.enabled = !this.muted.value;
  }

  /** Takes smaller or fewer pictures from now on; a camera that cannot is left as it is. */
  async limitPicture(picture: PictureLimits): Promise<void> {
    this.picture = picture;
    await this.camera.value?.applyConstraints(cameraConstraints(picture)).catch(() => {});
  }

  /** Lets go of both devices, and of any that are still being opened. */
  release(): void {
    this.request++;
    stop(this.camera.value);
    stop(this.microphone.value);
    batch(() => {
      this.asking.value = false;
      this.muted.value = false;
      this.hold("camera", null);
      this.hold("microphone", null);
    });
  }

  private hold(device: keyof DeviceChoices, track: MediaStreamTrack | null): void {
    this[device].value = track;
    if (track) track.onended = () => this.lost(device);
    if (device === "microphone") {
      if (track) track.enabled = !this.muted.value;
      this.loudness.value?.close();
      this.loudness.value = track && new Loudness(this.audio(), new MediaStream([track]));
    }
  }

  private lost(device: keyof DeviceChoices): void {
    this.hold(device, null);
    const still = device === "camera" ? "You can still talk." : "You can still write.";
    this.problems.value = [`The ${device} was unplugged or taken away. ${still}`];
    this.onLost();
  }

  private async refresh(): Promise<void> {
    this.devices.value = await listDevices();
  }
}

/** Ends a track without its `ended` being taken for a device that was unplugged. */
function stop(track: MediaStreamTrack | null): void {
  if (!track) return;
  track.onended = null;
  track.stop();
}
