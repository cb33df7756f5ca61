import { SparseBits } from '../../../common/sparse-bits';
import type { Entry } from './entry';
import { LOST } from './replies';

interface RegistrationStore {
  /** @returns the seqs that are not their users' entries */
  register(places: Entry[], known: number): Promise<number[] | typeof LOST>;
}

/**
 * Whose entry is whose, as far as this process has heard. The store knows that of each user (`users` in keys.ts), but
 * may lose it: so entries of before the latest restore are registered again, by the first poll of each, and an active
 * one is taken for active only when the store has said that it is its user's. It is a bit per entry and generation.
 */
export class Registrations {
  private registered = new SparseBits();
  private noticed = new SparseBits();
  private pending: Entry[] = [];
  /** Those who are active: the first to be registered after a loss, before their users can ask for another entry. */
  private active = new Map<number, Entry>();

  /** The store has said that the entry is its user's. */
  confirm(place: Entry, isActive: boolean): void {
    this.registered.add(place.seq);
    this.noticed.add(place.seq);
    const { userId, seq, gen, iatMs } = place;
    if (isActive) this.active.set(seq, { userId, seq, gen, iatMs });
  }

  isConfirmed(seq: number): boolean {
    return this.registered.has(seq);
  }

  /** An entry was polled: it is registered with the next `take`, once. */
  schedule(place: Entry): void {
    if (this.noticed.has(place.seq)) return;
    this.noticed.add(place.seq);
    this.pending.push(place);
  }

  /** Registers who has been noticed; what cannot be told is kept for the next time. */
  async flush(store: RegistrationStore, known: number): Promise<void> {
    const places = this.pending;
    this.pending = [];
    let refused: number[] | typeof LOST = LOST;
    try {
      refused = await store.register(places, known);
    } finally {
      if (refused === LOST) this.pending = places.concat(this.pending);
      else this.settle(places, new Set(refused));
    }
  }

  /** Forgets whose session is over. */
  keepActive(isActive: (seq: number) => boolean): void {
    for (const seq of this.active.keys()) if (!isActive(seq)) this.active.delete(seq);
  }

  /** The state was lost: everything has to be registered again. */
  reset(): void {
    this.registered = new SparseBits();
    this.noticed = new SparseBits();
    this.pending = [];
    for (const place of this.active.values()) this.schedule(place);
  }

  private settle(places: Entry[], refused: ReadonlySet<number>): void {
    for (const { seq } of places) {
      if (refused.has(seq)) this.active.delete(seq);
      else this.registered.add(seq);
    }
  }
}
