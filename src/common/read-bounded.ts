/** The text of an answer that another service has sent. @throws Error when it has more than `maxBytes` */
export async function readBounded(
  { body }: Response,
  { maxBytes, what }: { maxBytes: number; what: string },
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`${what}: the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
