import { computed, language } from '../../kernel';
import type { OrderedSeat } from '../orders';
import { en } from './en';
import { ko } from './ko';

export type ShopTexts = typeof en;

/** The shop's texts in the chosen language. */
export const shopTexts = computed((): ShopTexts => (language.value === 'ko' ? ko : en));

/** `Stalls row 4, seat 18`; a hall without sections has rows only. */
export const seatName = ({
  section,
  row,
  number,
}: Pick<OrderedSeat, 'section' | 'row' | 'number'>): string => {
  const { seats } = shopTexts.value;
  return seats.name(`${section} ${seats.row(row)}`.trim(), seats.seat(number));
};
