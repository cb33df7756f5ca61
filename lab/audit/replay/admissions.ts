import { isOver, State } from './book.ts';
import type { Sale } from './sale.ts';

/** `admit <seq> next <head before>`, `admit <seq> rejoined`, `admit <seq> free` */
export function admit(
  sale: Sale,
  ms: number,
  seq: number,
  why: string | undefined,
  headBefore: number,
): void {
  if (sale.isRestoring) judgeOpened(sale);
  judgeEntry(sale, seq, why);
  if (why === 'next') judgeNext(sale, seq, headBefore);
  else if (why === 'rejoined') judgeRejoined(sale, seq);
  else judgeFree(sale, seq);
  sale.book.leaveRejoined(seq);
  sale.setState(seq, State.Active);
  sale.isRestoring = false;
  judgeLimit(sale, ms, seq);
}

/** A restore has opened sessions before it has said where the turn is. */
function judgeOpened(sale: Sale): void {
  for (const seq of sale.book.active)
    if (seq > sale.head)
      sale.find(`the session of entry ${seq} was opened, and the turn was at ${sale.head}`);
}

/** Each is admitted once; again only for the rest of a session, or after a loss. */
function judgeEntry(sale: Sale, seq: number, why: string | undefined): void {
  const state = sale.book.state(seq);
  const mayBeAgain = sale.isFromBeforeLoss(seq) || state === State.Interrupted;
  if (state === State.None) sale.findIfCertain(`entry ${seq} was admitted, and never issued`);
  else if (state === State.Paid) sale.find(`entry ${seq} was admitted after it had paid`);
  else if (state === State.Active || isOver(state)) {
    if (mayBeAgain) sale.counts.again++;
    else sale.find(`entry ${seq} was admitted ${state === State.Active ? 'twice' : 'after it had ended'}`);
  } else if (state === State.Interrupted) sale.counts.again++;
  else if (state === State.Released && why !== 'rejoined')
    sale.findIfCertain(`entry ${seq} was admitted twice`);
}

function judgeNext(sale: Sale, seq: number, headBefore: number): void {
  sale.counts.next++;
  if (!sale.isTurnAt(headBefore))
    sale.findIfCertain(`entry ${seq} was admitted behind ${headBefore}, but the turn was at ${sale.head}`);
  if (seq <= sale.head) sale.findIfCertain(`entry ${seq} was admitted as the next one behind ${sale.head}`);
  const first = sale.book.rejoined.at(-1);
  if (first !== undefined)
    sale.findIfCertain(`entry ${seq} was admitted before entry ${first}, which was back`);
  sale.passOver(sale.isUncertain ? headBefore : sale.head, seq);
  sale.head = Math.max(sale.head, seq);
}

function judgeRejoined(sale: Sale, seq: number): void {
  sale.counts.rejoined++;
  if (seq > sale.head)
    sale.findIfCertain(`entry ${seq} was admitted as one that is back before its turn had passed`);
  const first = sale.book.rejoined.at(-1);
  if (first === seq) return;
  if (first === undefined)
    sale.findIfCertain(`entry ${seq} was admitted as one that is back, and it was not`);
  else sale.findIfCertain(`entry ${seq} was admitted before entry ${first}, which was back and ahead of it`);
}

function judgeFree(sale: Sale, seq: number): void {
  sale.counts.free++;
  if (seq !== sale.issued || !sale.isTurnAt(seq - 1) || sale.book.rejoined.length > 0)
    sale.findIfCertain(`entry ${seq} was admitted at once, though others waited`);
  sale.passOver(sale.head, seq);
  sale.head = Math.max(sale.head, seq);
}

function judgeLimit(sale: Sale, ms: number, seq: number): void {
  const { active } = sale.book;
  sale.counts.mostActive = Math.max(sale.counts.mostActive, active.size);
  for (const wrong of sale.limits.admit(ms, active.size))
    sale.findIfCertain(`entry ${seq} was admitted ${wrong}`);
}
