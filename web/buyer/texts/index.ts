import { computed, signal } from '@preact/signals';
import { keep, readKept } from '../../shared/kept';
import { en } from './en';
import { ko } from './ko';

export type Texts = typeof en;
export type Language = 'ko' | 'en';

const LANGUAGES: Record<Language, Texts> = { ko, en };

const preferred = (): Language => (navigator.language.startsWith('ko') ? 'ko' : 'en');

export const language = signal<Language>(
  (readKept('concert.language') as Language | undefined) ?? preferred(),
);

/** The texts of the chosen language. */
export const t = computed(() => LANGUAGES[language.value]);

export function switchLanguage(): void {
  language.value = language.value === 'ko' ? 'en' : 'ko';
  keep('concert.language', language.value);
}

/** What to say about an error's code. */
export function errorText(code: string): string {
  const { errors } = t.value;
  return (errors as Partial<Record<string, string>>)[code] ?? errors.other;
}
