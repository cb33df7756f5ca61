/**
 * A font whose letters are blocks: machines have different fonts, and with this one a page is laid out alike on all of them
 * (the idea of Ahem, the font of the web platform tests). Tables as in the OpenType specification, 1.9.
 */
const UNITS_PER_EM = 1000;
const ASCENT = 800;
const DESCENT = 200;
const HEIGHT = 700;

/** None, a letter, a letter as wide as high (Korean), a space. */
const GLYPHS = [
  { advance: 550, width: 0 },
  { advance: 550, width: 470 },
  { advance: 950, width: 870 },
  { advance: 300, width: 0 },
];
const [LETTER, WIDE, SPACE] = [1, 2, 3];

/** First and last code point, and the glyph of all of them. */
const GROUPS = [
  [0x20, 0x20, SPACE],
  [0x21, 0x9f, LETTER],
  [0xa0, 0xa0, SPACE],
  [0xa1, 0x10ff, LETTER],
  [0x1100, 0x11ff, WIDE],
  [0x1200, 0x2fff, LETTER],
  [0x3000, 0xd7ff, WIDE],
  [0xe000, 0x10ffff, LETTER],
] as const;

/** Numbers, big-endian. @param layout two for 16 bits, four for 32 */
const packed = (layout: string, ...values: number[]): Buffer =>
  Buffer.concat(
    Array.from(layout, Number).map((size, i) => {
      const bytes = Buffer.alloc(size);
      bytes.writeUIntBE((values[i] ?? 0) % 2 ** (8 * size), 0, size);
      return bytes;
    }),
  );

/** A negative number of 16 bits. */
const negative = (value: number): number => 0x10000 - value;

const times = (size: number, count: number): string => String(size).repeat(count);

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

/** A rectangle on the base line; nothing for a glyph without width. */
function outlineOf(width: number): Buffer {
  if (width === 0) return Buffer.alloc(0);
  const head = packed('22222', 1, 0, 0, width, HEIGHT);
  const flags = Buffer.from([1, 1, 1, 1]); // four points on the curve, each with two coordinates of 16 bits
  const xs = packed('2222', 0, 0, width, 0);
  const ys = packed('2222', 0, HEIGHT, 0, negative(HEIGHT));
  return Buffer.concat([head, packed('22', 3, 0), flags, xs, ys]);
}

function tables(): Record<string, Buffer> {
  const outlines = GLYPHS.map(({ width }) => outlineOf(width));
  const offsets = outlines.reduce<number[]>((all, { length }) => [...all, (all.at(-1) ?? 0) + length], [0]);
  const most = GLYPHS.length;
  const cmap = Buffer.concat([
    packed('22224', 0, 1, 3, 10, 12),
    packed('22444', 13, 0, 16 + 12 * GROUPS.length, 0, GROUPS.length),
    ...GROUPS.map((group) => packed('444', ...group)),
  ]);
  return {
    'OS/2': Buffer.concat([
      packed(`2222222${times(2, 9)}`, 4, 550, 400, 5),
      Buffer.alloc(10),
      packed('4444', 0),
      Buffer.from('none'),
      packed('222', 0x40, 0x20, 0xffff),
      packed('22222', ASCENT, negative(DESCENT), 0, ASCENT, DESCENT),
      packed('4422222', 1, 0, 500, HEIGHT, 0, 0x20, 1),
    ]),
    cmap,
    glyf: Buffer.concat(outlines),
    head: Buffer.concat([
      packed('444422', 0x10000, 0x10000, 0, 0x5f0f3cf5, 3, UNITS_PER_EM),
      Buffer.alloc(16),
      packed('222222222', 0, 0, 950, HEIGHT, 0, 8, 2, 1, 0),
    ]),
    hhea: packed(
      `4${times(2, 16)}`,
      0x10000,
      ASCENT,
      negative(DESCENT),
      0,
      950,
      0,
      0,
      950,
      1,
      ...zeros(7),
      most,
    ),
    hmtx: Buffer.concat(GLYPHS.map(({ advance }) => packed('22', advance, 0))),
    loca: packed(times(4, offsets.length), ...offsets),
    maxp: packed(`42${times(2, 13)}`, 0x10000, most, 4, 1, 0, 0, 2),
    name: packed('222', 0, 0, 6),
    post: packed(`4422${times(4, 5)}`, 0x30000),
  };
}

const checksumOf = (table: Buffer): number => {
  let sum = 0;
  for (let at = 0; at < table.length; at += 4) sum = (sum + table.readUInt32BE(at)) % 2 ** 32;
  return sum;
};

const padded = (table: Buffer): Buffer => Buffer.concat([table, Buffer.alloc(-table.length & 3)]);

/** @returns a TrueType font */
export function blockFont(): Buffer {
  const all = Object.entries(tables());
  let at = 12 + 16 * all.length;
  const log = Math.floor(Math.log2(all.length));
  const head = packed('42222', 0x10000, all.length, 2 ** log * 16, log, all.length * 16 - 2 ** log * 16);
  const records = all.map(([tag, table]) => {
    const record = Buffer.concat([
      Buffer.from(tag),
      packed('444', checksumOf(padded(table)), at, table.length),
    ]);
    at += padded(table).length;
    return record;
  });
  return Buffer.concat([head, ...records, ...all.map(([, table]) => padded(table))]);
}
