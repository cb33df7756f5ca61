/**
 * What proxies make of the tag of an answer that they compress: a weak one (nginx, CDNs), or a name with a mark (`x-gzip`
 * of Apache, `x--gzip` of Jetty, `x;gzip`). Not all of them take it back when the tag is sent to us.
 */
const ENTITY_TAG =
  /[\t ,]*(?:W\/)?"(([\x21\x23-\x7e\x80-\xff]*?)(?:(?:--?|;)(?:gzip|br|zstd|deflate))?)"[\t ]*(?:,|$)/gy;

/** What may follow the last tag of a list (RFC 9110, 5.6.1). */
const EMPTY_ELEMENTS = /^[\t ,]*$/;

const isAny = (header: string): boolean => header.trim() === '*';

/** Whether If-None-Match names the tag, compared weakly (RFC 9110, 13.1.2): `*`, or a list of tags. */
export function isNamed(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  if (isAny(ifNoneMatch)) return true;
  const opaque = etag.replace('W/', '').slice(1, -1);
  for (const [, whole, unmarked] of ifNoneMatch.matchAll(ENTITY_TAG))
    if (whole === opaque || unmarked === opaque) return true;
  return false;
}

/**
 * What If-Match names (RFC 9110, 13.1.1), without quotes and marks: none of our tags ends as a mark does.
 * @returns undefined: any, as `*` says; empty: it is no list of tags
 */
export function matchedTags(ifMatch: string): string[] | undefined {
  if (isAny(ifMatch)) return undefined;
  const tags = [...ifMatch.matchAll(ENTITY_TAG)];
  const { index = 0, 0: last = '' } = tags.at(-1) ?? {};
  return EMPTY_ELEMENTS.test(ifMatch.slice(index + last.length)) ? tags.map(([, , tag = '']) => tag) : [];
}
