import { effect, signal } from '@preact/signals';
import { place } from '../place';
import { t } from '../texts';

/** Whether the user wants to be notified. Before that the page makes no sound and requests no permission. */
export const isTold = signal(false);

let audio: AudioContext | undefined;

/** On the press of a button: only then a browser lets a page make sounds. */
export async function tellMe(): Promise<void> {
  isTold.value = true;
  audio ??= new AudioContext();
  await audio.resume().catch(() => undefined);
  if ('Notification' in globalThis && Notification.permission === 'default')
    await Notification.requestPermission().catch(() => undefined);
}

const NOTES = [523.25, 659.25, 783.99];
const NOTE_SECONDS = 0.18;

function chime(): void {
  if (audio === undefined) return;
  for (const [i, frequency] of NOTES.entries()) {
    const from = audio.currentTime + i * NOTE_SECONDS;
    const tone = new OscillatorNode(audio, { frequency, type: 'sine' });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, from);
    volume.gain.linearRampToValueAtTime(0.2, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, from + 3 * NOTE_SECONDS);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 3 * NOTE_SECONDS);
  }
}

let before = place.peek()?.phase;
effect(() => {
  const phase = place.value?.phase;
  const isAdmitted = phase === 'active' && (before === 'waiting' || before === 'rejoined');
  before = phase;
  if (!isAdmitted || !isTold.peek()) return;
  chime();
  if ('vibrate' in navigator) navigator.vibrate([200, 100, 200]);
  if (
    'Notification' in globalThis &&
    Notification.permission === 'granted' &&
    document.visibilityState === 'hidden'
  )
    new Notification(t.peek().admitted.documentTitle, { body: t.peek().admitted.live });
});

/** A screen that stays on near the head, where browsers can do that. */
let lock: { release(): Promise<void> } | undefined;
effect(() => {
  const now = place.value;
  const isNear = now?.phase === 'waiting' && (now.position ?? Infinity) <= 100;
  const { wakeLock } = navigator as { wakeLock?: WakeLock };
  if (isNear && lock === undefined && document.visibilityState === 'visible')
    void wakeLock?.request('screen').then(
      (held) => {
        lock = held;
        held.addEventListener('release', () => (lock = undefined));
      },
      () => undefined,
    );
  if (!isNear) void lock?.release();
});
