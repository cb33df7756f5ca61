const LENGTH_BYTES = 2;

/** Entries as an entry bundle has them: each behind its length, two bytes, big-endian (C2SP tlog-tiles). */
export function encodeEntries(entries: readonly Buffer[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt16BE(entry.length);
    return [length, entry];
  });
  return Buffer.concat(parts);
}

export function decodeEntries(bundle: Buffer): Buffer[] {
  const entries = [];
  for (let at = 0; at < bundle.length;) {
    const end = at + LENGTH_BYTES + bundle.readUInt16BE(at);
    entries.push(bundle.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return entries;
}
