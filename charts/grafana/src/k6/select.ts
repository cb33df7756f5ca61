import { perSecond } from '../lib/influx.ts';

export const sum = perSecond('sum("value")');
export const percentile = (p: number): string => `percentile("value", ${p})`;
export const NOT_BY_ENDPOINT = 'The filter by endpoint does not apply to whole iterations.';
