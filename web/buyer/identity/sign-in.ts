const STATE = 'concert.sign-in-state';
const ASSERTION = 'concert.assertion';

/** What a tab keeps of a sign-in at the shop, from the way there until the token is issued. */
export class SignIn {
  /** @param kept sessionStorage: of this tab alone, and gone with it */
  constructor(private readonly kept: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {}

  get assertion(): string | undefined {
    return this.kept.getItem(ASSERTION) ?? undefined;
  }

  /** @returns a state that only this tab knows, for the shop to send back: else a link could sign in somebody else */
  begin(): string {
    const state = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))))
      .replace(/\+/g, '-')
      .replace(/\//g, '_');
    this.kept.setItem(STATE, state);
    return state;
  }

  /** Takes what the shop has sent back, once. @returns whether it answers this tab's sign-in and has an assertion */
  takeBack(fragment: string): boolean {
    const returned = new URLSearchParams(fragment);
    const expected = this.kept.getItem(STATE);
    if (expected === null || returned.get('state') !== expected) return false;
    this.kept.removeItem(STATE);
    const assertion = returned.get('assertion') ?? '';
    if (assertion === '') return false;
    this.kept.setItem(ASSERTION, assertion);
    return true;
  }

  forget(): void {
    this.kept.removeItem(ASSERTION);
  }
}

/**
 * Where the user goes to sign in.
 * @param here the page's own address: the user comes back to it, with `#state=…&assertion=…`
 */
export function signInAddress(signInUrl: string, state: string, queueId: string, here: string): string {
  const url = new URL(signInUrl);
  const back = new URL(here);
  back.hash = '';
  for (const [name, value] of Object.entries({ state, queue: queueId, return_to: back.href }))
    url.searchParams.set(name, value);
  return url.href;
}
