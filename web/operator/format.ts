import { language, t } from './texts';

const locale = (): string => (language.value === 'ko' ? 'ko-KR' : 'en-GB');

export const formatCount = (count: number): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: 0 }).format(count);

export const formatNumber = (number: number): string =>
  new Intl.NumberFormat(locale(), { maximumFractionDigits: number < 100 ? 1 : 0 }).format(number);

export const formatPercent = (share: number): string => `${formatCount(share * 100)} %`;

export const formatWon = (amount: number): string =>
  language.value === 'ko' ? `${formatCount(amount)}원` : `₩${formatCount(amount)}`;

export const formatTime = (ms: number): string =>
  new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hour12: false }).format(ms);

export const formatMoment = (time: string): string =>
  new Intl.DateTimeFormat(locale(), {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  }).format(new Date(time));

/** For an age or a span: `3 s`, `4 min`, `2 h`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const { age } = t.value;
  if (seconds < 100) return age.seconds(seconds);
  return seconds < 6000 ? age.minutes(Math.round(seconds / 60)) : age.hours(Math.round(seconds / 3600));
}
