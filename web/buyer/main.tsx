import { effect } from '@preact/signals';
import { Fragment, h, render, type VNode } from 'preact';
import { scriptUrl } from '../shared/trusted';
import { nextFrame } from '../shared/wait';
import { announce, announcement } from './announce';
import { type Place, place } from './place';
import { language, switchLanguage, t } from './texts';
import { Expired } from './views/ended';
import { loadShop, ShopScreen } from './views/shop';
import { SignIn } from './views/sign-in';
import { Waiting } from './views/waiting';
import { follow } from './waiting/leader';
import { heard, isLost, type Status } from './waiting/status';

export * from './kernel';

/** From this position on, the rest of the app is loaded ahead; before that, where so few wait that it will soon be needed. */
const NEAR = 50;

const isNear = (now: Place | undefined, status: Status | undefined): boolean => {
  if (now !== undefined) return now.phase === 'active' || (now.position ?? Infinity) <= NEAR;
  return status?.state === 'OPEN' && status.waiting < NEAR;
};

function Screen(): VNode {
  const now = place.value;
  switch (now?.phase) {
    case undefined:
      return <SignIn />;
    case 'waiting':
    case 'rejoined':
      return <Waiting now={now} />;
    case 'expired':
      return <Expired now={now} />;
    case 'active':
    case 'done':
      return <ShopScreen />;
  }
}

function App(): VNode {
  const { title, otherLanguage, offline } = t.value;
  const isShop = place.value?.phase === 'active' || place.value?.phase === 'done';
  return (
    <Fragment>
      <header>
        <p class="brand">{title}</p>
        <button
          type="button"
          class="quiet"
          lang={language.value === 'ko' ? 'en' : 'ko'}
          onClick={switchLanguage}
        >
          {otherLanguage}
        </button>
      </header>
      <main id="main">
        {isShop && isLost.value ? (
          <p class="offline" role="status">
            {offline.short}
          </p>
        ) : null}
        <Screen />
      </main>
      <div class="unseen" aria-live="polite" role="status">
        {announcement.value}
      </div>
    </Fragment>
  );
}

effect(() => {
  document.documentElement.lang = language.value;
  const { title, admitted } = t.value;
  document.title = place.value?.phase === 'active' ? admitted.documentTitle : title;
});

let before = place.peek()?.phase;
effect(() => {
  const phase = place.value?.phase;
  if (phase === 'active' && before !== 'active') announce(t.peek().admitted.live);
  before = phase;
  if (isNear(place.value, heard.value?.status)) void loadShop();
});

function show(): void {
  const root = document.getElementById('app');
  if (root === null) return;
  root.textContent = '';
  render(<App />, root);
}

follow();
// The browser paints what stands in the page before it has to work for the rest.
void nextFrame().then(show);
if ('serviceWorker' in navigator)
  void navigator.serviceWorker.register(scriptUrl('/sw.js')).catch(() => undefined); // private windows have none
