import { argon2id, zeroBits } from '../../src/modules/waiting-room/tokens/gates/argon2';

/** A nonce that solves a challenge of the proof of work, or with `isWrong` one that does not. */
export async function solve(
  challenge: string,
  bits: number,
  { from = 0, isWrong = false } = {},
): Promise<string> {
  for (let nonce = from; ; nonce++) {
    const isSolved = zeroBits(await argon2id(String(nonce), challenge)) >= bits;
    if (isSolved !== isWrong) return String(nonce);
  }
}
