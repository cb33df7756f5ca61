const SEATS_PER_BYTE = 4;
const BITS = 2;
const ZERO = '0'.charCodeAt(0);

/**
 * Packs a digit per seat, as AVAILABILITY (repository.ts) writes it, into two bits per seat: seat i is in bits 2·(i mod 4) and 2·(i mod 4) + 1 of byte ⌊i/4⌋, bit 0
 * being the lowest.
 * @returns base64
 */
export function packed(digits: string): string {
  const bytes = Buffer.alloc(Math.ceil(digits.length / SEATS_PER_BYTE));
  for (let seat = 0; seat < digits.length; seat++) {
    const code = (digits.charCodeAt(seat) - ZERO) << ((seat % SEATS_PER_BYTE) * BITS);
    const byte = Math.floor(seat / SEATS_PER_BYTE);
    bytes[byte] = (bytes[byte] ?? 0) | code;
  }
  return bytes.toString('base64');
}
