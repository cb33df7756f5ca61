import fc from 'fast-check';
import type { Operation, Schema } from './document';

export interface FuzzRequest {
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

/** Values that mean something to the service, by the names of their fields: others are refused by validation. */
export type Known = Record<string, fc.Arbitrary<unknown>>;

/** Anything that the schema allows. */
function valid(schema: Schema, known: Known, name = ''): fc.Arbitrary<unknown> {
  const own = known[name];
  if (own !== undefined) return fc.oneof({ arbitrary: own, weight: 3 }, valid(schema, {}, name));
  if (typeof schema === 'boolean') return fc.jsonValue();
  const { type, properties = {}, required = [], minimum, maximum, pattern, maxLength } = schema;
  if (type === 'array')
    return fc.array(valid(schema.items as Schema, known, name), {
      minLength: Number(schema['minItems'] ?? 0),
      maxLength: Number(schema['maxItems']),
    });
  if (type === 'object')
    return fc.record(
      Object.fromEntries(Object.entries(properties).map(([key, of]) => [key, valid(of, known, key)])),
      { requiredKeys: required as string[] },
    );
  if (type === 'integer')
    return fc.integer({ min: Number(minimum), max: Math.min(Number(maximum), 2 ** 31) });
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern));
  if (type === 'string') return fc.string(maxLength === undefined ? {} : { maxLength: Number(maxLength) });
  throw new Error(`The fuzz knows no ${JSON.stringify(schema)}: teach it.`);
}

const EDGES = [
  0,
  -1,
  0.5,
  2 ** 53,
  1e308,
  '',
  '0',
  null,
  true,
  [],
  {},
  '__proto__',
  'null',
  '\u0000',
  '\ud800',
];

/** A valid body with one field lost, changed or added; or no such body at all. */
function invalid(schema: Schema, known: Known): fc.Arbitrary<unknown> {
  const names = typeof schema === 'boolean' ? [] : Object.keys(schema.properties ?? {});
  const value = fc.oneof(fc.constantFrom(...EDGES), fc.jsonValue());
  const changed = fc
    .tuple(valid(schema, known), fc.oneof(fc.constantFrom('x', ...names), fc.string()), value)
    .map(([body, name, its]) => ({ ...(body as object), [name]: its }));
  return fc.oneof(changed, value);
}

/** JSON as text, and what only looks like it. */
const spoiled = (text: string): fc.Arbitrary<string> =>
  fc.oneof(
    { arbitrary: fc.constant(text), weight: 12 },
    fc.nat(text.length).map((end) => text.slice(0, end)),
    fc.constantFrom('', '{', '['.repeat(3000), '{"a":1}{"a":1}', '\ufeff{}', `{"a":"${'x'.repeat(20_000)}"}`),
    fc.string({ unit: 'binary' }),
  );

const bodies = (schema: Schema, known: Known): fc.Arbitrary<string> =>
  fc
    .oneof({ arbitrary: valid(schema, known), weight: 2 }, invalid(schema, known))
    .chain((value) => spoiled(JSON.stringify(value)));

const printable = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((it) => String.fromCharCode(it)),
});

/** Requests for one operation of the document. @param tokens for Authorization */
export function requestsFor(it: Operation, tokens: string[], known: Known): fc.Arbitrary<FuzzRequest> {
  const query = fc.record(
    Object.fromEntries(
      it.parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name, schema }) => [
          name,
          fc.oneof(
            valid(schema, known, name),
            fc.constantFrom(...EDGES.map(String)),
            fc.string({ unit: 'grapheme' }),
          ),
        ]),
    ),
    { requiredKeys: [] },
  );
  const headers = fc.record(
    {
      Authorization: fc.oneof({ arbitrary: fc.constantFrom(...tokens), weight: 8 }, printable),
      'Idempotency-Key': fc.oneof(fc.constantFrom('a', 'b', 'c', ''), printable),
      'X-Request-Id': printable,
      'If-None-Match': fc.oneof(fc.constant('*'), printable),
      'Last-Event-ID': printable,
    },
    { requiredKeys: [] },
  );
  const type = fc.oneof(
    { arbitrary: fc.constant('application/json'), weight: 8 },
    fc.constantFrom('application/json; charset=utf-8', 'application/json;charset=latin1', 'text/plain', 'x'),
  );
  const body = it.body === undefined ? fc.constant(undefined) : bodies(it.body, known);
  const names = it.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  const inPath = fc.record(Object.fromEntries(names.map((name) => [name, segment(known[name])])));
  return fc.tuple(inPath, query, headers, type, body).map(([named, asked, given, contentType, text]) => ({
    path:
      it.path.replaceAll(/\{(\w+)\}/g, (_braces, name: string) => encodeURIComponent(named[name] ?? '')) +
      queryText(asked as Record<string, unknown>),
    headers: { ...given, ...(text === undefined ? {} : { 'Content-Type': contentType }) },
    body: text,
  }));
}

/** What stands in a path; without surrogates, which no URL can carry. */
const segment = (known: fc.Arbitrary<unknown> | undefined): fc.Arbitrary<string> =>
  fc
    .oneof(
      ...(known === undefined ? [] : [{ arbitrary: known, weight: 3 }]),
      fc.constantFrom('0', '-1', '1.5', '9007199254740992', 'x', '%', '__proto__'),
      fc.string({ minLength: 1, unit: 'grapheme' }),
    )
    .map((value) => String(value).replaceAll(/\p{Cs}/gu, '') || 'x')
    // A URL has no such segments: they are gone before the request is sent.
    .map((value) => (/^\.{1,2}$/.test(value) ? 'x' : value));

function queryText(query: Record<string, unknown>): string {
  const pairs = Object.entries(query).map(
    ([name, value]) => `${name}=${encodeURIComponent(String(value).replaceAll(/\p{Cs}/gu, ''))}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
