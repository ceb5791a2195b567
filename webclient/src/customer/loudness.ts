// How loud a stream is right now, for meters and for the agent's voice indicator.

const QUIETEST_DB = -55;
const LOUDEST_DB = -12;

/** Maps a root mean square in [0, 1] to a meter's 0 to 1, on a decibel scale. */
export function meterLevel(rms: number): number {
  if (rms <= 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (db - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB)));
}

/** Measures one stream until it is closed. */
export class Loudness {
  private readonly source: MediaStreamAudioSourceNode;
  private readonly analyser: AnalyserNode;
  private readonly samples: Float32Array<ArrayBuffer>;

  constructor(context: AudioContext, stream: MediaStream) {
    this.source = context.createMediaStreamSource(stream);
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source.connect(this.analyser);
  }

  /** The level over the last 20 ms or so, 0 to 1. */
  level(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    let sum = 0;
    for (const sample of this.samples) sum += sample * sample;
    return meterLevel(Math.sqrt(sum / this.samples.length));
  }

  close(): void {
    this.source.disconnect();
  }
}

/** A microphone that says nothing, for a caller who has none: the connection stays alive while the customer writes. */
export function silentTrack(context: AudioContext): MediaStreamTrack {
  const destination = context.createMediaStreamDestination();
  // With nothing playing into it, Chromium sends no packets at all.
  const zeros = new ConstantSourceNode(context, { offset: 0 });
  zeros.connect(destination);
  zeros.start();
  const [track] = destination.stream.getAudioTracks();
  if (!track) throw new Error("the browser made a stream without a track");
  return track;
}
