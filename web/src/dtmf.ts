/** The keys of a telephone in the order of its keypad. */
export const kKeypad: readonly { digit: string; letters: string }[] = [
  { digit: '1', letters: '' },
  { digit: '2', letters: 'ABC' },
  { digit: '3', letters: 'DEF' },
  { digit: '4', letters: 'GHI' },
  { digit: '5', letters: 'JKL' },
  { digit: '6', letters: 'MNO' },
  { digit: '7', letters: 'PQRS' },
  { digit: '8', letters: 'TUV' },
  { digit: '9', letters: 'WXYZ' },
  { digit: '*', letters: '' },
  { digit: '0', letters: '+' },
  { digit: '#', letters: '' },
];

/** The event code of a key (RFC 4733, section 3.2), or undefined when it is no key of a telephone. */
export function eventCode(digit: string): number | undefined {
  const code = '0123456789*#'.indexOf(digit);
  return digit.length === 1 && code >= 0 ? code : undefined;
}

const kRows = [697, 770, 852, 941];
const kColumns = [1209, 1336, 1477];
const kSeconds = 0.12;

/** Plays a key's two tones softly to the person who pressed it; the phone gets the event, not this sound. */
export function playKeyTone(context: AudioContext, digit: string): void {
  const index = kKeypad.findIndex((key) => key.digit === digit);
  if (index < 0) return;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0.04, context.currentTime);
  gain.gain.setTargetAtTime(0, context.currentTime + kSeconds - 0.02, 0.006);
  gain.connect(context.destination);
  for (const frequency of [kRows[Math.floor(index / 3)], kColumns[index % 3]]) {
    const tone = new OscillatorNode(context, { frequency: frequency ?? 0 });
    tone.connect(gain);
    tone.start();
    tone.stop(context.currentTime + kSeconds);
  }
}
