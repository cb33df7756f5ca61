import type { WaitingRoom } from '../../waiting-room/waiting-room';
import type { Occupancy } from '../../waiting-room/state/admission-store';
import type { Chances } from '../../waiting-room/status/schema';
import {
  ChanceCalibration,
  type ChanceOutcome,
  chanceAt,
  chancesOf,
  seqAtShare,
  type Supply,
} from './chances';
import { Demand, type Purchases } from './demand';

export const occupancyOf = ({ snapshot }: WaitingRoom): Occupancy => {
  const { gen, admitted, active } = snapshot;
  return { gen, admitted, active };
};

/**
 * How many users of one queue may be admitted so that each finds a seat, and what that means for those who wait. What
 * users buy is measured while this worker counts; another one begins from the start.
 */
export class SeatAdmission {
  readonly demand = new Demand();
  private readonly calibration = new ChanceCalibration();
  private before: Occupancy | undefined;

  /** @param bought by sessions that have ended since the last time */
  learn(now: Occupancy, bought: Omit<Purchases, 'ended'>): void {
    const { before } = this;
    this.before = now;
    const isSame = before?.gen === now.gen && before.admitted <= now.admitted;
    const left = isSame ? before.active + now.admitted - before.admitted - now.active : 0;
    this.demand.add({ ...bought, ended: Math.max(left, bought.buyers, 0) });
  }

  chances(supply: Supply): Chances {
    return chancesOf(this.demand, supply);
  }

  /**
   * @param supply undefined: nothing is for sale now, so no chances are published
   * @returns the outcomes of chances that were published before
   */
  calibrate(room: WaitingRoom, supply: Supply | undefined, isSoldOut: boolean): ChanceOutcome[] {
    const { headSeq, issued, presence, rejoined } = room.snapshot;
    const outcomes = this.calibration.settle(headSeq, isSoldOut);
    if (supply !== undefined)
      this.calibration.predict(
        (share) => seqAtShare(share, { headSeq, issued }, (seq) => presence.countBetween(headSeq, seq + 1)),
        (seq) => chanceAt(rejoined + presence.countBetween(headSeq, seq) + 1, this.demand, supply),
      );
    return outcomes;
  }
}
