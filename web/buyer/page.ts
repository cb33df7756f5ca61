/** Settings that the service has written into the page for this installation. */
const meta = (name: string): string =>
  document.querySelector<HTMLMetaElement>(`meta[name="concert-${name}"]`)?.content ?? '';

export const QUEUE_ID = new URLSearchParams(location.search).get('queue') ?? meta('queue');
/** Life of an entry, milliseconds. */
export const MAX_WAIT_MS = Number(meta('max-wait')) * 1000;
/** The script with everything behind the line: loaded when it is needed. */
export const SHOP_SCRIPT = meta('shop');
/** The script that gets what a token costs, a proof or an assertion; empty: it costs nothing that this page can pay. */
export const COST_SCRIPT = meta('cost');
/** Where the shop signs users in; empty: the page asks for a number. */
export const SIGN_IN_URL = meta('sign-in');
/** Users get in line on the shop's own page only: this one cannot show who they are, or what a token costs. */
export const IS_ELSEWHERE = meta('elsewhere') !== '';
/** What the shop has sent a user back with. It leaves the address and the history at once. */
export const RETURNED = SIGN_IN_URL !== '' && location.hash.includes('state=') ? location.hash.slice(1) : '';
if (RETURNED !== '') history.replaceState(null, '', location.pathname + location.search);
/** A session without a request for this time ends, milliseconds; 0: it does not. */
export const IDLE_MS = Number(meta('idle')) * 1000;
/** How long a hold can be prolonged, seconds; 0: it cannot. */
export const EXTENSION_SECONDS = Number(meta('extension'));
