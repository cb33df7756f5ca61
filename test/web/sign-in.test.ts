import { SignIn, signInAddress } from '../../web/buyer/identity/sign-in';

/** As a tab's sessionStorage. */
class Kept {
  readonly items = new Map<string, string>();
  getItem = (name: string): string | null => this.items.get(name) ?? null;
  setItem = (name: string, value: string): void => void this.items.set(name, value);
  removeItem = (name: string): void => void this.items.delete(name);
}

describe('a sign-in at the shop', () => {
  const kept = new Kept();
  const signIn = new SignIn(kept);
  beforeEach(() => kept.items.clear());

  it('keeps the assertion that comes back with its state, until it is forgotten, and takes it once', () => {
    const fragment = `state=${signIn.begin()}&assertion=a.b.c`;
    expect(signIn.takeBack(fragment)).toBe(true);
    expect(signIn.assertion).toBe('a.b.c');
    expect(signIn.takeBack(fragment)).toBe(false);
    signIn.forget();
    expect(kept.items.size).toBe(0);
  });

  it('takes nothing with another state, without one, or without an assertion', () => {
    expect(signIn.takeBack('state=&assertion=a.b.c')).toBe(false); // it has not begun
    const state = signIn.begin();
    for (const fragment of [
      'state=other&assertion=a.b.c',
      'assertion=a.b.c',
      `state=${state}&error=access_denied`,
    ])
      expect(signIn.takeBack(fragment)).toBe(false);
    expect(signIn.assertion).toBeUndefined();
  });

  it('never has the same state, which fits into a URL as it is', () => {
    const states = Array.from({ length: 100 }, () => signIn.begin());
    expect(new Set(states).size).toBe(100);
    for (const state of states) expect(state).toMatch(/^[\w-]{24}$/);
  });

  it('leads to the shop, which learns where to send the user back', () => {
    const here = 'https://tickets.example/?queue=vip#old';
    const url = new URL(signInAddress('https://shop.example/login?theme=a', 's', 'vip', here));
    expect([url.origin, url.pathname]).toEqual(['https://shop.example', '/login']);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      theme: 'a',
      state: 's',
      queue: 'vip',
      return_to: 'https://tickets.example/?queue=vip',
    });
  });
});
