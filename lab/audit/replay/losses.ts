import { isOver, State } from './book.ts';
import { seedOf, shuffled, type PublishedDraw } from './draw.ts';
import type { Sale } from './sale.ts';

/** Generations of one history of a queue. */
const HISTORY = 2 ** 20;

/** `gap <from ms> <to ms> <forgotten leaves or ->`: written by a worker that found leaves lost. */
export function gap(sale: Sale, toMs: number, forgotten: string | undefined): void {
  sale.counts.gaps++;
  sale.era++;
  sale.isUncertain = true;
  sale.ms = toMs;
  sale.presence.forget();
  sale.limits.forget();
  for (const { kind, seq } of sale.forgotten(forgotten === '-' ? 0 : Number(forgotten)))
    if (kind === 'issue') sale.setState(seq, State.Unknown);
}

export type Progress = Record<'gen' | 'issuedBefore' | 'issued' | 'head', number>;

/** `begin`, `restore` and `state`: all of the state, followed by the sessions that are open. */
export function restate(sale: Sale, kind: string, progress: Progress, rest: string[]): void {
  const { issuedBefore, issued, head } = progress;
  if (kind === 'restore') sale.counts.restores++;
  if (kind === 'begin' && issued !== 0) sale.find(`the queue begins with ${issued} entries`);
  if (progress.gen % HISTORY === 1 && kind === 'begin') beginHistory(sale);
  if (issued < sale.issued && kind !== 'begin')
    sale.findIfCertain(`the queue goes on with ${issued} entries, of ${sale.issued} that were issued`);
  if (kind === 'restore' && issuedBefore < sale.issued && !sale.isUncertain)
    sale.find(`a restore knows of ${issuedBefore} entries, of ${sale.issued} that were issued`);
  if (kind !== 'begin') sale.era++;
  sale.restate();
  for (let seq = sale.issued + 1; seq <= issued; seq++) sale.setState(seq, State.Unknown);
  sale.issued = Math.max(sale.issued, issued);
  sale.head = head;
  sale.isRestoring = true;
  sale.limits.restate(rest);
}

/** Both stores were empty: tokens of before are not valid any more, and numbers begin again. */
function beginHistory(sale: Sale): void {
  for (let seq = 1; seq <= sale.issued; seq++) sale.book.setState(seq, State.None);
  sale.issued = 0;
}

/** `open <seq>`: a session that goes on after a restore. */
export function open(sale: Sale, seq: number): void {
  if (!sale.isRestoring) sale.find(`the session of entry ${seq} was opened without an admission`);
  if (sale.book.state(seq) === State.Paid && !sale.isFromBeforeLoss(seq))
    sale.find(`the session of entry ${seq} was opened after it had paid`);
  sale.setState(seq, State.Active);
}

/** `head <seq>`: the turn goes on from here after a restore. */
export function head(sale: Sale, seq: number): void {
  if (!sale.isRestoring) sale.find(`the turn went on to ${seq} without an admission`);
  for (let passed = sale.head + 1; passed <= seq; passed++)
    if (sale.book.state(passed) === State.Waiting) sale.setState(passed, State.Passed);
  sale.head = Math.max(sale.head, seq);
}

/** `cut <first> <last>`: the registration for a draw has closed; those who take part get the next numbers. */
export function cut(sale: Sale, first: number, last: number): void {
  if (last !== sale.issued || first !== sale.head)
    sale.findIfCertain(`the registration closed at ${last}, with ${sale.issued} entries`);
  sale.issued = last + (last - first);
}

/** `draw <first> <last> <seed>`: everybody who takes part gets another number. */
export function draw(
  sale: Sale,
  { first, last, seed }: { first: number; last: number; seed: string },
  published: PublishedDraw[] | undefined,
): void {
  sale.counts.draws++;
  const own = published?.find(({ firstSeq, lastSeq }) => firstSeq === first && lastSeq === last);
  if (published !== undefined && own === undefined) sale.find('a draw was made that is not published');
  if (own !== undefined && (own.seed !== seed || seedOf(sale.queueId, own) !== seed))
    sale.find('the seed of a draw does not follow from what was published before it');
  const places = shuffled(Buffer.from(seed, 'hex'), last - first);
  for (let seq = first + 1; seq <= last; seq++) {
    const state = sale.book.state(seq);
    sale.setState(last + 1 + (places[seq - first - 1] ?? 0), isOver(state) ? state : State.Waiting);
    sale.setState(seq, State.Expired);
  }
  sale.head = Math.max(sale.head, last);
  sale.issued = Math.max(sale.issued, last + (last - first));
}
