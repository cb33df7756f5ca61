import { signal } from '@preact/signals';
import type { ConcertDate } from '../panels/dates-state';
import { outcome } from './state';

/** Characters of a message or a reason. */
export const MOST_TEXT = 500;

/** The open dialog. */
export type Question =
  | { kind: 'limit' | 'rate' | 'auto' | 'message' | 'rehearse' }
  | { kind: 'unrehearse'; rehearsalId: number }
  | { kind: 'sale'; date: ConcertDate; sale: 'OPEN' | 'CLOSED' }
  | { kind: 'cancel'; date: ConcertDate };

export const question = signal<Question | undefined>(undefined);

export function openDialog(next: Question): void {
  outcome.value = undefined;
  question.value = next;
}
