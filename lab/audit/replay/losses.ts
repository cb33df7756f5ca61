import { isOver, State } from './book.ts';
import { seedOf, shuffled, type PublishedDraw } from './draw.ts';
import { CLOCK_MS, type Sale } from './sale.ts';

/** Generations of one history of a queue. */
const HISTORY = 2 ** 20;

/** `gap <from ms> <to ms> <forgotten leaves or ->`: written by a worker that found leaves lost. */
export function gap(sale: Sale, fromMs: number, toMs: number, forgotten: string | undefined): void {
  if (sale.counts.leaves > 0 && fromMs !== sale.lastMs)
    sale.find(`a gap is said to begin at ${fromMs}, and the last leaf before it is of ${sale.lastMs}`);
  if (toMs < sale.ms - CLOCK_MS) sale.find(`a gap goes back by ${sale.ms - toMs} ms`);
  sale.counts.gaps++;
  sale.era++;
  sale.isUncertain = true;
  sale.ms = toMs;
  sale.presence.forget();
  sale.limits.forget();
  for (const { kind, seq } of sale.forgotten(forgotten === '-' ? 0 : Number(forgotten)))
    if (kind === 'issue') sale.setState(seq, State.Unknown);
}

export type Progress = Record<'gen' | 'issuedBefore' | 'issued' | 'head' | 'active' | 'rejoined', number>;

/** `begin`, `restore` and `state`: all of the state, followed by the sessions that are open. */
export function restate(sale: Sale, kind: string, progress: Progress, rest: string[]): void {
  if (kind === 'state' && !sale.isUncertain) {
    compare(sale, progress);
    return;
  }
  const { gen, issuedBefore, issued, head } = progress;
  if (kind === 'restore') sale.counts.restores++;
  if (kind === 'begin') begin(sale, progress);
  else if (issued < sale.issued)
    sale.findIfCertain(`the queue goes on with ${issued} entries, of ${sale.issued} that were issued`);
  if (kind === 'restore' && issuedBefore < sale.issued && !sale.isUncertain)
    sale.find(`a restore knows of ${issuedBefore} entries, of ${sale.issued} that were issued`);
  if (kind !== 'begin') sale.era++;
  sale.restate();
  for (let seq = sale.issued + 1; seq <= issued; seq++) sale.setState(seq, State.Unknown);
  sale.issued = Math.max(sale.issued, issued);
  for (let seq = sale.head + 1; seq <= head; seq++) overtake(sale, seq);
  sale.head = head;
  sale.generation = gen;
  sale.isRestoring = true;
  sale.limits.restate(rest);
}

/** A state where nothing was lost must be the one that the leaves lead to: it excuses nothing. */
function compare(sale: Sale, { gen, head, active, rejoined }: Progress): void {
  const isSame =
    gen === sale.generation &&
    sale.isTurnAt(head) &&
    active === sale.book.active.size &&
    rejoined === sale.book.rejoined.length;
  if (!isSame) sale.find('a state is not the one that the leaves before it lead to, and nothing was lost');
}

/** A restore lets the turn go past an entry that waits: who was present before the loss is not known any more. */
function overtake(sale: Sale, seq: number): void {
  if (sale.book.state(seq) !== State.Waiting) return;
  sale.counts.overtaken++;
  sale.setState(seq, State.Passed);
}

/** In the middle of a log both stores were empty: tokens of before are not valid any more, and numbers begin again. */
function begin(sale: Sale, { gen, issued }: Progress): void {
  if (issued !== 0) sale.find(`the queue begins with ${issued} entries`);
  if (sale.generation > 0) {
    sale.counts.beginnings++;
    sale.findIfCertain('the queue begins a second time, and nothing was lost');
  }
  if (gen % HISTORY !== 1) return;
  for (let seq = 1; seq <= sale.issued; seq++) sale.book.setState(seq, State.None);
  sale.issued = 0;
}

/** `open <seq>`: a session that goes on after a restore. */
export function open(sale: Sale, seq: number): void {
  const state = sale.book.state(seq);
  if (state === State.Active) return;
  if (!sale.isRestoring) sale.find(`the session of entry ${seq} was opened without an admission`);
  if (state === State.Paid && !sale.isFromBeforeLoss(seq))
    sale.find(`the session of entry ${seq} was opened after it had paid`);
  if (state !== State.Interrupted) sale.counts.opened++;
  sale.setState(seq, State.Active);
}

/** `head <seq>`: the turn goes on from here after a restore. */
export function head(sale: Sale, seq: number): void {
  if (!sale.isRestoring) sale.find(`the turn went on to ${seq} without an admission`);
  for (let passed = sale.head + 1; passed <= seq; passed++) overtake(sale, passed);
  sale.head = Math.max(sale.head, seq);
}

/** `cut <first> <last>`: the registration for a draw has closed; those who take part get the next numbers. */
export function cut(sale: Sale, { first, last, ms }: { first: number; last: number; ms: number }): void {
  if (last !== sale.issued || !sale.isTurnAt(first))
    sale.findIfCertain(`the registration closed at ${last}, with ${sale.issued} entries`);
  sale.registration = { first, last, ms, era: sale.era, isDrawn: false };
  sale.issued = last + (last - first);
}

/** `draw <first> <last> <seed>`: everybody who takes part gets another number. */
export function draw(
  sale: Sale,
  { first, last, seed }: { first: number; last: number; seed: string },
  published: PublishedDraw[] | undefined,
): void {
  sale.counts.draws++;
  judgeRegistration(sale, first, last);
  judgeSeed(sale, { first, last, seed }, published);
  const places = shuffled(Buffer.from(seed, 'hex'), last - first);
  for (let seq = first + 1; seq <= last; seq++) {
    const state = sale.book.state(seq);
    sale.setState(last + 1 + (places[seq - first - 1] ?? 0), isOver(state) ? state : State.Waiting);
    sale.setState(seq, State.Expired);
  }
  sale.head = Math.max(sale.head, last);
  sale.issued = Math.max(sale.issued, last + (last - first));
}

/** One draw for each registration; a loss may have taken the leaf of either. */
function judgeRegistration(sale: Sale, first: number, last: number): void {
  const { registration } = sale;
  const isOwn = registration?.first === first && registration.last === last && !registration.isDrawn;
  if (!isOwn && sale.era === (registration?.era ?? 0))
    sale.findIfCertain(`entries ${first + 1} to ${last} were drawn, and no registration of them had closed`);
  const ms = isOwn ? registration.ms : 0;
  sale.registration = { first, last, ms, era: sale.era, isDrawn: true };
}

function judgeSeed(
  sale: Sale,
  { first, last, seed }: { first: number; last: number; seed: string },
  published: PublishedDraw[] | undefined,
): void {
  const own = published?.find(({ firstSeq, lastSeq }) => firstSeq === first && lastSeq === last);
  if (published !== undefined && own === undefined) sale.find('a draw was made that is not published');
  if (own === undefined) return;
  if (own.seed !== seed || seedOf(sale.queueId, own) !== seed)
    sale.find('the seed of a draw does not follow from what was published before it');
  const closedMs = sale.registration?.ms ?? 0;
  if (closedMs > 0 && closedMs < Date.parse(own.opensAt))
    sale.findIfCertain('the registration for a draw closed before the time that is published');
}
