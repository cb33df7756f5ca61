import { sleep } from 'k6';
import { USERS } from './options.ts';

export const anyUser = (): number => 1 + Math.floor(Math.random() * USERS);

/** Half to one and a half times as long. */
export const sleepAbout = (seconds: number): void => sleep(seconds * (0.5 + Math.random()));
