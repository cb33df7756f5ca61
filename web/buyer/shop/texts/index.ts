import { computed, language } from '../../kernel';
import { en } from './en';
import { ko } from './ko';

export type ShopTexts = typeof en;

/** The shop's texts in the chosen language. */
export const shopTexts = computed((): ShopTexts => (language.value === 'ko' ? ko : en));
