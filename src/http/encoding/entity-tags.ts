/**
 * What proxies make of the tag of an answer that they compress: a weak one (nginx, CDNs), or a name with a mark (`x-gzip`
 * of Apache, `x--gzip` of Jetty, `x;gzip`). Not all of them take it back when the tag is sent to us.
 */
const ENTITY_TAG =
  /[\t ,]*(?:W\/)?"(([\x21\x23-\x7e\x80-\xff]*?)(?:(?:--?|;)(?:gzip|br|zstd|deflate))?)"[\t ]*(?:,|$)/gy;

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
 * What If-Match names, without quotes and marks: none of our tags ends as a mark does.
 * @returns `*`: any, or there is no If-Match; empty: not exactly one tag
 */
export function matchedTag(ifMatch = '*'): string {
  if (isAny(ifMatch)) return '*';
  const tags = [...ifMatch.matchAll(ENTITY_TAG)];
  const isWhole = tags.length === 1 && tags[0]?.[0].length === ifMatch.length;
  return (isWhole && tags[0]?.[2]) || '';
}
