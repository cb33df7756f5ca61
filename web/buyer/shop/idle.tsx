import { checkPlace, Fragment, h, IDLE_MS, everySecond, signal, type VNode } from '../kernel';
import { shopTexts } from './texts';
import { order } from './state';

/** When the user last did something. What the page does by itself is no sign of life: others wait for the place. */
const actedAtMs = signal(Date.now());

for (const event of ['pointerdown', 'keydown', 'touchstart'])
  addEventListener(event, () => (actedAtMs.value = Date.now()), { passive: true });

const idleMs = (): number => Date.now() - actedAtMs.value;

/** A third of the time-out without a sign of life: the page stops asking. */
export const isIdle = (): boolean => IDLE_MS > 0 && idleMs() > IDLE_MS / 3;

/** Checks that the user is present before the place goes to the next one. */
export function StillThere(): VNode {
  everySecond();
  if (IDLE_MS === 0 || order.value !== undefined || idleMs() < IDLE_MS / 2) return <Fragment />;
  const { idle } = shopTexts.value;
  return (
    <div class="offline" role="alert">
      <p>
        <strong>{idle.title}</strong> {idle.lead}
      </p>
      <button type="button" onClick={() => void checkPlace()}>
        {idle.here}
      </button>
    </div>
  );
}
