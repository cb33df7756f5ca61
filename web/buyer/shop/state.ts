import { type Answer, checkPlace, drop, keep, place, readKept, signal } from '../kernel';
import type { Order, ScheduleName } from './orders';

/** A ticket that was paid for; it stays in this browser. */
export interface Ticket {
  id: number;
  userId: number;
  paid: number;
  order: Order;
}

const ORDER = 'concert.order';
const TICKETS = 'concert.tickets';

/** The chosen date. */
export const schedule = signal<ScheduleName | undefined>(undefined);
export const order = signal<Order | undefined>(readKept(ORDER) as Order | undefined);
export const tickets = signal<Ticket[]>((readKept(TICKETS) as Ticket[] | undefined) ?? []);

export function setOrder(next: Order | undefined): void {
  order.value = next;
  if (next === undefined) drop(ORDER);
  else keep(ORDER, next);
}

export function addTicket(ticket: Ticket): void {
  tickets.value = [ticket, ...tickets.value.filter(({ id }) => id !== ticket.id)];
  keep(TICKETS, tickets.value);
}

window.addEventListener('storage', ({ key }) => {
  if (key === ORDER) order.value = readKept(ORDER) as Order | undefined;
  if (key === TICKETS) tickets.value = (readKept(TICKETS) as Ticket[] | undefined) ?? [];
});

/** The token of the place; the shop is only shown to those who have one. */
export const tokenOf = (): string => place.value?.token ?? '';

/** An answer that says that the session is over is no problem of the screen: the queue tells how it goes on. */
export function problemOf(answer: Answer<unknown>): string {
  if (answer.ok) return '';
  if (['001', '003', '401'].includes(answer.code)) void checkPlace();
  return answer.code;
}
