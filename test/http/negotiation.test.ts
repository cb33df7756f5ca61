import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { until } from '../support/wait';
import { Compressible } from '../../src/http/encoding/compressible';
import { isNamed, matchedTags } from '../../src/http/encoding/entity-tags';
import { codingFor } from '../../src/http/encoding/negotiation';

describe('the coding of an answer', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1.0, br;q=0.9', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br ; q=0.5 , gzip ; Q=0.4', 'br'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['*;q=0', 'identity'],
    ['*;q=0, gzip', 'gzip'],
    ['gzip;q=0.5, identity', 'identity'],
    ['gzip;q=0.5, identity;q=0.5', 'gzip'],
    ['gzip;q=0', 'identity'],
    ['identity;q=0', 'identity'],
    ['deflate, zstd', 'identity'],
    ['gzip;q=much', 'identity'],
    [',,gzip,', 'gzip'],
    ['gzip;level=9', 'gzip'],
  ])('for "%s" is %s', (header, coding) => {
    expect(codingFor(header).coding).toBe(coding);
    expect(codingFor(header).coding).toBe(coding); // remembered
  });

  it('is demanded by a client that takes nothing plain', () => {
    for (const header of ['gzip, identity;q=0', 'br, *;q=0', '*;q=0, gzip;q=0.1'])
      expect(codingFor(header).isDemanded).toBe(true);
    for (const header of ['gzip', 'gzip, identity;q=0.1', '*', 'identity;q=0', '*;q=0, gzip, identity;q=1'])
      expect(codingFor(header).isDemanded).toBe(false);
  });

  it('is found for any header', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[brgzip*,;=q.\d ]{0,30}$/), (header) => {
        expect(['br', 'gzip', 'identity']).toContain(codingFor(header).coding);
      }),
    );
  });
});

describe('If-None-Match', () => {
  const etag = 'W/"a,b"';

  it.each([
    '*',
    ' * ',
    'W/"a,b"',
    '"a,b"',
    '"x", W/"a,b"',
    '"x","a,b","y"',
    ' ,, "x" ,\t"a,b" ',
    'W/"x",W/"a,b",',
    '"", "a,b"',
    '"a,b-gzip"',
    '"a,b--gzip"',
    'W/"a,b;gzip"',
    '"x-gzip", "a,b-br"',
  ])('names the tag: %s', (header) => {
    expect(isNamed(etag, header)).toBe(true);
    expect(isNamed('"a,b"', header)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'W/"a"',
    '"a", "b"',
    '"a,b',
    'a,b',
    'w/"a,b"',
    'W/ "a,b"',
    '"x" "a,b"',
    'x"a,b"',
    '"A,B"',
    '**',
    '"*"',
    '"-gzip"',
    '"a,b-gzip-gzip"',
    '"a,b-gzipped"',
    '"a,bgzip"',
  ])('does not name the tag: %s', (header) => {
    expect(isNamed(etag, header)).toBe(false);
  });
});

describe('If-Match', () => {
  it.each([
    ['*', undefined],
    [' * ', undefined],
    ['"7"', ['7']],
    ['W/"7"', ['7']],
    [' "7-gzip" ', ['7']],
    ['W/"60--1;br"', ['60--1']],
    ['"7", "8"', ['7', '8']],
    ['"7",W/"8-gzip"\t,, "a,b", ', ['7', '8', 'a,b']],
    ['""', ['']],
    ['', []],
    ['7', []],
    ['"7', []],
    ['"7" 8', []],
    ['"7", 8', []],
    ['"7", "8', []],
    ['"7", *', []],
    ['*, "7"', []],
    ['x "7"', []],
  ])('%s names %j', (header, tags) => {
    expect(matchedTags(header)).toEqual(tags);
  });

  it('of a tag that happens to end like a mark is compared as a whole, in If-None-Match', () => {
    expect(isNamed('"hash-br"', '"hash-br"')).toBe(true);
    expect(isNamed('"hash-br"', '"hash-br-gzip"')).toBe(true);
    expect(isNamed('"hash-br"', '"hash"')).toBe(false);
  });
});

describe('bytes for many readers', () => {
  const text = Buffer.from('[{"seatId":1}]'.repeat(1000));
  const gzip = { coding: 'gzip', isDemanded: false } as const;
  type Make = () => Promise<Buffer>;
  const both = (make: Make): { br: Make; gzip: Make } => ({ br: make, gzip: make });
  const made = (first: Make, smallest?: Make): Compressible =>
    new Compressible(
      text,
      { isLasting: smallest !== undefined },
      { first: both(first), smallest: both(smallest ?? first) },
    );

  it('are what they were in each coding', async () => {
    const list = new Compressible(text);
    const demanded = { isDemanded: true };
    expect((await list.in({ coding: 'identity', isDemanded: false })).bytes).toBe(text);
    expect(gunzipSync((await list.in({ coding: 'gzip', ...demanded })).bytes)).toEqual(text);
    expect(brotliDecompressSync((await list.in({ coding: 'br', ...demanded })).bytes)).toEqual(text);
  });

  it('are compressed once, however many ask', async () => {
    let times = 0;
    const make = (): Promise<Buffer> => Promise.resolve(Buffer.from(`made ${++times}`));
    const list = made(make);
    const answers = await Promise.all(Array.from({ length: 50 }, () => list.in(gzip)));
    answers.push(await list.in(gzip));
    expect(new Set(answers.map(({ bytes }) => bytes.toString()))).toEqual(new Set(['made 1']));
    expect((await list.in({ coding: 'br', isDemanded: false })).bytes.toString()).toBe('made 2');
  });

  it('are plain while they are being compressed for long, then compressed; who takes no others waits', async () => {
    let finish: (bytes: Buffer) => void = () => undefined;
    const making = new Promise<Buffer>((resolve) => (finish = resolve));
    const list = made(() => making);
    expect((await list.in(gzip)).coding).toBe('identity');
    const demanded = list.in({ coding: 'gzip', isDemanded: true });
    finish(Buffer.from('made'));
    expect((await demanded).coding).toBe('gzip');
    expect((await list.in(gzip)).bytes.toString()).toBe('made');
  });

  it('that last are never plain: clients wait for a quick form, until the smallest one is there', async () => {
    let finish: (bytes: Buffer) => void = () => undefined;
    const smallest = new Promise<Buffer>((resolve) => (finish = resolve));
    const quick = new Promise<Buffer>((resolve) => setTimeout(resolve, 100, Buffer.from('quick')));
    const list = made(
      () => quick,
      () => smallest,
    );
    const textOf = async (): Promise<string> => (await list.in(gzip)).bytes.toString();
    expect(await Promise.all([textOf(), textOf()])).toEqual(['quick', 'quick']);
    expect(await textOf()).toBe('quick');
    finish(Buffer.from('smallest'));
    await until('it takes the place', async () => (await textOf()) === 'smallest');
  });

  it('that last keep their quick form when the smallest cannot be made', async () => {
    const list = made(
      () => Promise.resolve(Buffer.from('quick')),
      () => Promise.reject(new Error('no memory')),
    );
    await list.in(gzip);
    await new Promise(setImmediate);
    expect((await list.in(gzip)).bytes.toString()).toBe('quick');
  });

  it('are plain when they are short, or cannot be compressed', async () => {
    const short = new Compressible(Buffer.from('[]'));
    expect((await short.in(gzip)).coding).toBe('identity');
    expect((await short.in({ coding: 'gzip', isDemanded: true })).coding).toBe('gzip');
    const fail = (): Promise<Buffer> => Promise.reject(new Error('no memory'));
    expect((await made(fail).in(gzip)).coding).toBe('identity');
  });
});
