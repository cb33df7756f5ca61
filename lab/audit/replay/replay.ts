import { admit } from './admissions.ts';
import { isOver, State } from './book.ts';
import type { PublishedDraw } from './draw.ts';
import { malformation } from './form.ts';
import { cut, draw, gap, head, open, restate } from './losses.ts';
import { CLOCK_MS, type Leaf, type Sale } from './sale.ts';

/** Replays one leaf. */
export function replay(sale: Sale, entry: Buffer, published: PublishedDraw[] | undefined): void {
  const [kind = '', ms = '', ...words] = entry.toString('latin1').split(' ');
  const wrong = malformation(kind, ms, words.join(' '));
  if (wrong === undefined) play(sale, { kind, ms: Number(ms), words }, published);
  else sale.find(wrong);
  sale.remember(kind, Number(words[0]));
  sale.counts.leaves++;
  sale.index++;
}

function play(sale: Sale, leaf: Leaf, published: PublishedDraw[] | undefined): void {
  if (leaf.kind !== 'gap') followClock(sale, leaf.ms);
  if (sale.isUncertain) sale.counts.unjudged++;
  KINDS[leaf.kind]?.(sale, leaf, published);
  sale.lastMs = leaf.ms;
}

function followClock(sale: Sale, ms: number): void {
  if (ms < sale.ms - CLOCK_MS && !sale.isUncertain) sale.find(`the clock went back by ${sale.ms - ms} ms`);
  sale.ms = Math.max(sale.ms, ms);
}

type Act = (sale: Sale, leaf: Leaf, published: PublishedDraw[] | undefined) => void;

const wholeState: Act = (sale, { kind, words }) => {
  const numbers = words.slice(0, 7).map(Number);
  const [gen = 0, issuedBefore = 0, issued = 0, headSeq = 0, , active = 0, rejoined = 0] = numbers;
  const progress = { gen, issuedBefore, issued, head: headSeq, active, rejoined };
  restate(sale, kind, progress, words.slice(7));
};

const KINDS: Record<string, Act | undefined> = {
  begin: wholeState,
  restore: wholeState,
  state: wholeState,
  open: (sale, { words }) => open(sale, Number(words[0])),
  head: (sale, { words }) => head(sale, Number(words[0])),
  gap: (sale, { words }) => gap(sale, Number(words[0]), Number(words[1]), words[2]),
  issue,
  admit: (sale, { ms, words }) => admit(sale, ms, Number(words[0]), words[1], Number(words[2])),
  pass: (sale, { words }) => pass(sale, Number(words[0]), Number(words[1])),
  back: (sale, { words }) => back(sale, Number(words[0])),
  away: (sale, { words }) => away(sale, Number(words[0])),
  end: (sale, { words }) => end(sale, Number(words[0]), words[1]),
  limit: (sale, { words }) => {
    const wrong = sale.limits.set(words[0] ?? '', Number(words[1]), words[2]);
    if (wrong !== undefined) sale.findIfCertain(wrong);
  },
  decision: (sale, { words }) => sale.limits.decide(Number(words[0]), words[1]),
  command: (sale, { words }) => sale.limits.command(words[0] ?? '', words[1]),
  epoch: (sale, { words }) => {
    const isLater = sale.presence.close(Number(words[0]));
    if (!isLater) sale.findIfCertain(`presence epoch ${words[0] ?? ''} ended again`);
  },
  present: (sale, { words }) => {
    const [epoch = 0, segment = 0, first = 0] = words.slice(0, 3).map(Number);
    const isInTime = sale.presence.add(epoch, segment, first, Buffer.from(words[3] ?? '', 'base64'));
    if (!isInTime) sale.findIfCertain(`who was present in epoch ${epoch} was said at another time`);
  },
  sale: () => undefined,
  cut: (sale, { ms, words }) => cut(sale, { first: Number(words[0]), last: Number(words[1]), ms }),
  draw: (sale, { words }, published) => {
    const [first, last, seed = ''] = words;
    draw(sale, { first: Number(first), last: Number(last), seed }, published);
  },
};

/** `issue <seq> <generation> <commitment>` */
function issue(sale: Sale, { words }: Leaf): void {
  const [seq = 0, gen = 0] = words.slice(0, 2).map(Number);
  if (gen !== sale.generation)
    sale.findIfCertain(
      `entry ${seq} was issued in generation ${gen}, and the queue was in ${sale.generation}`,
    );
  if (seq !== sale.issued + 1) {
    // Whatever Redis loses, no number of a history is given out a second time.
    if (seq <= sale.issued) sale.find(`entry ${seq} was issued behind entry ${sale.issued}`);
    else sale.findIfCertain(`entry ${seq} was issued behind entry ${sale.issued}`);
    for (let lost = sale.issued + 1; lost < seq && sale.isUncertain; lost++)
      sale.setState(lost, State.Unknown);
  }
  sale.counts.issued++;
  sale.issued = Math.max(sale.issued, seq);
  sale.setState(seq, State.Waiting);
  sale.book.setIssuedIn(seq, sale.presence.count + 1);
}

/** `pass <from> <to>`: nobody of them was present. */
function pass(sale: Sale, from: number, to: number): void {
  if (!sale.isTurnAt(from) || to > sale.issued)
    sale.findIfCertain(
      `the entries from ${from} to ${to} were passed over, but the turn was at ${sale.head}`,
    );
  sale.passOver(sale.isUncertain ? from : sale.head, to + 1);
  sale.head = Math.max(sale.head, to);
}

/** `back <seq>`: an entry whose turn has passed waits again, before all others. */
function back(sale: Sale, seq: number): void {
  const state = sale.book.state(seq);
  if (seq > sale.head && !sale.isRestoring)
    sale.findIfCertain(`entry ${seq} was back before its turn had passed`);
  if ((isOver(state) || state === State.Active) && !sale.isFromBeforeLoss(seq))
    sale.findIfCertain(`entry ${seq} was back, though it had a session or had ended`);
  sale.book.rejoin(seq);
}

/** `away <seq>`: an entry that was back is absent again. */
function away(sale: Sale, seq: number): void {
  const wasThere = sale.book.leaveRejoined(seq);
  if (!wasThere) sale.findIfCertain(`entry ${seq} was away, and had not been back`);
  else if (sale.book.state(seq) !== State.Released && sale.presence.wasPresent(seq))
    sale.findIfCertain(`entry ${seq} was present, and was sent away`);
}

/** `end <seq> paid|expired|released|replaced` */
function end(sale: Sale, seq: number, reason: string | undefined): void {
  const state = sale.book.state(seq);
  const isSure = !sale.isFromBeforeLoss(seq) && !sale.isUncertain;
  const isActive = state === State.Active;
  if (reason === 'paid') {
    const isAllowed = isActive || state === State.Expired || state === State.Released;
    if (isSure && !isAllowed) sale.find(`entry ${seq} paid without a session`);
    sale.counts.paid++;
    sale.setState(seq, State.Paid);
  } else if (reason === 'released') {
    if (isSure && !isActive) sale.find(`entry ${seq} was released without a session`);
    sale.counts.released++;
    sale.setState(seq, State.Released);
  } else {
    const how = reason === 'replaced' ? 'replaced' : 'expired';
    if (isSure && (isOver(state) || state === State.None))
      sale.find(`entry ${seq} ended twice, or was never issued`);
    if (state === State.Waiting) sale.counts.endedWaiting++;
    sale.counts[how]++;
    sale.setState(seq, how === 'expired' ? State.Expired : State.Replaced);
  }
  sale.book.leaveRejoined(seq);
}
