import { computed, signal } from '@preact/signals';
import { keep, readKept } from '../../shared/kept';
import { en } from './en';
import { ko } from './ko';

export type Texts = typeof en;
type Language = 'ko' | 'en';

const LANGUAGES: Record<Language, Texts> = { ko, en };
const NAME = 'concert.language';

const preferred = (): Language => (navigator.language.startsWith('ko') ? 'ko' : 'en');

export const language = signal<Language>((readKept(NAME) as Language | undefined) ?? preferred());

/** The texts of the chosen language. */
export const t = computed(() => LANGUAGES[language.value]);

export function switchLanguage(): void {
  language.value = language.value === 'ko' ? 'en' : 'ko';
  keep(NAME, language.value);
}
