import type { Layout, QueueStatus, Schedule } from '../../web/shared/api/types';

/** The moment of all pictures: they show the same each time. */
export const NOW_MS = Date.parse('2026-12-01T20:03:20+09:00');
const QUEUE = 'main';
const HEAD = 5000;
const POSITION = 1284;

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The page reads its claims; only a service would verify it. */
const TOKEN = [
  encoded({ alg: 'HS256' }),
  encoded({ userId: 7, queueId: QUEUE, seq: HEAD + POSITION, gen: 1, iatMs: NOW_MS - 900_000 }),
  'unsigned',
].join('.');

/** A place, as the browser keeps it. */
export const placeIn = (phase: string): object => ({
  token: TOKEN,
  userId: 7,
  phase,
  firstPosition: 4210,
  position: phase === 'rejoined' ? undefined : POSITION,
});

export const STATUS: QueueStatus = {
  queueId: QUEUE,
  state: 'OPEN',
  mode: 'fifo',
  nowMs: NOW_MS,
  opensAt: '2026-12-01T20:00:00+09:00',
  generation: 1,
  firstGeneration: 1,
  headSeq: HEAD,
  issued: HEAD + 9000,
  waiting: 8412,
  active: 600,
  admissionsPerSecond: 3.2,
  etaBand: { low: 0.8, high: 1.3 },
  left: [
    { name: 'VIP', amount: 180_000, seats: 212 },
    { name: 'R', amount: 130_000, seats: 640 },
    { name: 'A', amount: 90_000, seats: 1488 },
  ],
  countedAtMs: NOW_MS,
  chances: { likelyUpTo: 1500, possibleUpTo: 3000 },
  notice: null,
  pace: [
    { position: 1, etaSeconds: 1, statusAfterMs: 1000, presenceAfterMs: 20_000 },
    {
      position: 10_000,
      etaSeconds: 3600,
      statusAfterMs: 10_000,
      presenceAfterMs: 60_000,
    },
  ],
  rejoined: 0,
  exact: Buffer.alloc(512, 0xff).toString('base64'),
  counts: [],
};

const dateOf = (scheduleId: number, concertTitle: string, openDate: string): Schedule => ({
  scheduleId,
  concertTitle,
  openDate,
  startTime: '19:00',
  endTime: '21:30',
  startsAt: `${openDate}T19:00:00+09:00`,
  endsAt: `${openDate}T21:30:00+09:00`,
  opensAt: null,
  closesAt: null,
  queueId: QUEUE,
  seatStatus: 'AVAILABLE',
});

export const SCHEDULES: Schedule[] = [
  dateOf(1, 'Midnight Over the Han River', '2027-01-16'),
  dateOf(2, 'Midnight Over the Han River', '2027-01-17'),
  dateOf(3, 'Winter Lights', '2027-01-23'),
];

const SECTIONS = [
  { name: 'Floor', rows: 8, seats: 24, priceClass: 0 },
  { name: 'Terrace', rows: 5, seats: 26, priceClass: 1 },
  { name: 'Balcony', rows: 4, seats: 20, priceClass: 2 },
];

let seatId = 0;
export const LAYOUT: Layout = {
  version: 'pictures',
  scheduleId: 1,
  seatCount: SECTIONS.reduce((sum, { rows, seats }) => sum + rows * seats, 0),
  priceClasses: [
    { name: 'VIP', amount: 180_000 },
    { name: 'R', amount: 130_000 },
    { name: 'A', amount: 90_000 },
  ],
  sections: SECTIONS.map(({ name, rows, seats, priceClass }, section) => ({
    name,
    rows: Array.from({ length: rows }, (_row, row) => ({
      label: String(row + 1),
      seats: Array.from({ length: seats }, (_seat, seat) => ({
        seatId: ++seatId,
        number: String(seat + 1),
        x: 10 * seat + (seat >= seats / 2 ? 10 : 0),
        y: 100 * section + 10 * row,
        priceClass,
        ...(section === 0 && row === rows - 1 && (seat < 2 || seat >= seats - 2) ? { accessible: true } : {}),
      })),
    })),
  })),
};

/** Two bits a seat: the best ones are gone. */
export const AVAILABILITY = ((): string => {
  const bytes = Buffer.alloc(Math.ceil(LAYOUT.seatCount / 4));
  for (let seat = 0; seat < LAYOUT.seatCount; seat++) {
    const isGone = (seat * 7919) % 100 < 62 - seat / 6;
    const state = isGone ? (seat % 5 === 0 ? 1 : 2) : 0;
    const at = seat >> 2;
    bytes[at] = (bytes[at] ?? 0) | (state << (2 * (seat & 3)));
  }
  return bytes.toString('base64');
})();

/** An order, as the browser keeps it. */
export const orderUntil = (heldUntilMs: number): object => ({
  id: 48_213,
  schedule: {
    scheduleId: 1,
    title: 'Midnight Over the Han River',
    date: '2027-01-16',
    from: '19:00',
    to: '21:30',
  },
  seats: [11, 12].map((number) => ({
    seatId: number,
    section: 'Floor',
    row: '5',
    number: String(number),
    amount: 180_000,
  })),
  heldUntilMs,
  total: 360_000,
  extended: false,
});
