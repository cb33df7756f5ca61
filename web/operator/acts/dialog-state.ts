import { signal } from '@preact/signals';
import type { ConcertDate } from '../panels/dates-state';
import { outcome } from './state';

/** The open dialog. */
export type Question =
  | { kind: 'limit' | 'rate' | 'auto' | 'message' }
  | { kind: 'sale'; date: ConcertDate; sale: 'OPEN' | 'CLOSED' }
  | { kind: 'cancel'; date: ConcertDate };

export const question = signal<Question | undefined>(undefined);

export function openDialog(next: Question): void {
  outcome.value = undefined;
  question.value = next;
}
