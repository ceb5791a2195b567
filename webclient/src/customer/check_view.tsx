// Before the call: see yourself, choose devices, watch the level, start.
import { MediaView } from "./media_view";
import { LevelMeter } from "./level_meter";
import type { DeviceChoice } from "./devices";
import type { Session } from "./session";

export function CheckView({ session }: { session: Session }) {
  const { equipment } = session;
  const connecting = session.phase.value === "connecting";
  const problems = [...equipment.problems.value, ...(session.problem.value ? [session.problem.value] : [])];
  return (
    <>
      <h1>Ready to call?</h1>
      <div class="check">
        <Preview session={session} />
        <div class="stack">
          <DeviceField
            label="Camera"
            id="camera-choice"
            without="No camera"
            devices={equipment.devices.value.cameras}
            value={equipment.choices.value.camera}
            disabled={connecting}
            onChoose={(choice) => equipment.choose("camera", choice)}
          />
          <DeviceField
            label="Microphone"
            id="microphone-choice"
            without="No microphone, I will write"
            devices={equipment.devices.value.microphones}
            value={equipment.choices.value.microphone}
            disabled={connecting}
            onChoose={(choice) => equipment.choose("microphone", choice)}
          />
          <div class="field">
            <span id="level-label">Microphone level</span>
            <LevelMeter loudness={equipment.loudness.value} labelledBy="level-label" />
          </div>
        </div>
      </div>
      {problems.map((problem) => (
        <p key={problem} class="message" role="alert">
          {problem}
        </p>
      ))}
      <div class="row">
        <button
          type="button"
          id="start-call"
          class="button primary"
          disabled={connecting || equipment.asking.value}
          onClick={() => session.start()}
        >
          {connecting ? "Connecting…" : startLabel(session)}
        </button>
        {equipment.problems.value.length > 0 && (
          <button type="button" class="button" disabled={connecting} onClick={() => equipment.acquire()}>
            Try again
          </button>
        )}
        <button type="button" class="button" onClick={() => session.backToNotice()}>
          Back
        </button>
      </div>
      <p class="small muted" role="status">
        {connecting && "Setting up the call…"}
        {!connecting && equipment.camera.value && "Only you see this picture. It is sent once you start the call."}
      </p>
    </>
  );
}

function Preview({ session }: { session: Session }) {
  const { camera, asking } = session.equipment;
  return (
    <div class="preview">
      {camera.value ? (
        <MediaView track={camera.value} mirrored label="Your camera, as only you see it" />
      ) : (
        <p class="muted">{asking.value ? "Waiting for your browser's permission…" : "Camera off"}</p>
      )}
    </div>
  );
}

function startLabel(session: Session): string {
  const { camera, microphone } = session.equipment;
  if (!microphone.value) return "Start, in writing";
  return camera.value ? "Start call" : "Start call without camera";
}

interface DeviceFieldProps {
  label: string;
  id: string;
  without: string;
  devices: MediaDeviceInfo[];
  value: DeviceChoice;
  disabled: boolean;
  onChoose(choice: DeviceChoice): void;
}

const WITHOUT = "without";

function DeviceField({ label, id, without, devices, value, disabled, onChoose }: DeviceFieldProps) {
  return (
    <label class="field" for={id}>
      {label}
      <select
        id={id}
        value={value ?? WITHOUT}
        disabled={disabled}
        onChange={({ currentTarget }) => onChoose(currentTarget.value === WITHOUT ? null : currentTarget.value)}
      >
        <option value="">Default</option>
        {devices.map((device, index) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || `${label} ${index + 1}`}
          </option>
        ))}
        <option value={WITHOUT}>{without}</option>
      </select>
    </label>
  );
}
