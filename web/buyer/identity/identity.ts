import { type Answer, isUnknown, QUEUE_ID, refusal, RETURNED, SIGN_IN_URL } from '../kernel';
import type { Cost } from '../join';
import { signInAddress, SignIn } from './sign-in';

let signIn: SignIn | undefined;
let hasFailed = false;
try {
  signIn = new SignIn(sessionStorage);
  hasFailed = RETURNED !== '' && !signIn.takeBack(RETURNED);
} catch {
  // A browser without storage cannot tell its own sign-in from another one.
}

/** The shop's assertion; without one the user is sent to the shop, and the code of the answer is empty. */
export function pay(): Promise<Answer<Cost>> {
  if (signIn === undefined || hasFailed) {
    hasFailed = false;
    return Promise.resolve(refusal('401'));
  }
  const { assertion } = signIn;
  if (assertion !== undefined) return Promise.resolve({ ok: true, data: { assertion } });
  location.assign(signInAddress(SIGN_IN_URL, signIn.begin(), QUEUE_ID, location.href));
  return Promise.resolve(refusal(''));
}

/** An assertion is kept only until its outcome is known. */
export function settle(answer: Answer<unknown>): void {
  if (!isUnknown(answer)) signIn?.forget();
}
