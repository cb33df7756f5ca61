import { computed } from '@preact/signals';
import { language, t } from './texts';

const locale = (): string => (language.value === 'ko' ? 'ko-KR' : 'en-GB');

/** Made once a language: it costs far more than to format a number, and a hall has a thousand prices. */
const counts = computed(() => new Intl.NumberFormat(locale()));

export const formatCount = (count: number): string => counts.value.format(count);

export const formatWon = (amount: number): string =>
  language.value === 'ko' ? `${formatCount(amount)}원` : `₩${formatCount(amount)}`;

/** A day and time on this device's clock. */
export const formatMoment = (ms: number): string =>
  new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(ms);

/** `Sat, 16 January 2027`. @param day as `2027-01-16`, where the concert is */
export const formatDay = (day: string): string =>
  new Intl.DateTimeFormat(locale(), { dateStyle: 'full', timeZone: 'UTC' }).format(Date.parse(day));

export const formatTime = (ms: number): string =>
  new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hour12: false }).format(ms);

/** `4:05`, or `1:04:05`: for countdowns. */
export function formatLeft(ms: number): string {
  const all = Math.max(0, Math.ceil(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** For an age: `3 s`, `4 min`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const { time } = t.value;
  return seconds < 60 ? time.seconds(seconds) : time.minutes(Math.floor(seconds / 60));
}

/** A range of waits, in whole minutes: `6–10 min`. */
export function formatRange(lowSeconds: number, highSeconds: number): string {
  const { time } = t.value;
  if (highSeconds < 60) return time.underMinute;
  return time.minuteRange(Math.max(1, Math.floor(lowSeconds / 60)), Math.ceil(highSeconds / 60));
}
