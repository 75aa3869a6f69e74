const kFloorDb = -60;

/** Loudness of one sound track as 0 to 100, on a scale of decibels: speech fills about half of it. */
export class LevelMeter {
  private readonly analyser: AnalyserNode;
  private readonly source: MediaStreamAudioSourceNode;
  private readonly samples: Float32Array;

  constructor(context: AudioContext, track: MediaStreamTrack) {
    this.analyser = new AnalyserNode(context, { fftSize: 1024 });
    this.samples = new Float32Array(this.analyser.fftSize);
    this.source = context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(this.analyser);
  }

  read(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    return levelOf(this.samples);
  }

  close(): void {
    this.source.disconnect();
  }
}

export function levelOf(samples: Float32Array): number {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  const decibels = 10 * Math.log10(power / Math.max(1, samples.length) + 1e-12);
  return Math.round(Math.min(100, Math.max(0, ((decibels - kFloorDb) / -kFloorDb) * 100)));
}
