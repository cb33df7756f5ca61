import { Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../../common/errors';
import { DisplayTime } from '../../../common/calendar/display-time';
import { Breakers } from '../../operations/breakers';
import { WaitingRoomRegistry } from '../registry';
import { OpeningRepository } from './repository';
import type { PublishedDraw } from './schema';

const REGISTRANTS_PER_PAGE = 10_000;

/** The draws of queues, for everybody: who took part, what they were drawn by. */
@scoped(Lifecycle.ContainerScoped)
export class DrawService {
  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly openings: OpeningRepository,
    private readonly breakers: Breakers,
    private readonly displayTime: DisplayTime,
  ) {}

  /** The draws whose registration has closed. @throws NotFound (404) */
  async list(queueId: string): Promise<PublishedDraw[]> {
    if (this.rooms.find(queueId) === undefined) throw new NotFound(`Queue ${queueId}`);
    return this.breakers.concert.run(async () => {
      const draws = [];
      for (const draw of await this.openings.draws(queueId)) {
        const { number, firstSeq, lastSeq, registered, root, beacon, seed, opensAt, drawnAt } = draw;
        draws.push({
          number,
          firstSeq,
          lastSeq,
          registered,
          root,
          beacon,
          seed,
          opensAt: this.displayTime.withOffset(opensAt),
          commitments: await this.openings.commitments(queueId, number),
          drawnAt: drawnAt && this.displayTime.withOffset(drawnAt),
        });
      }
      return draws;
    });
  }

  /** The next ones after a seq. @throws NotFound (404) before the registration has closed */
  async registrants(queueId: string, number: number, after: number): Promise<[number, string][]> {
    return this.breakers.concert.run(async () => {
      const draw = await this.openings.findDraw(queueId, number);
      if (draw === undefined) throw new NotFound(`Draw ${number} of queue ${queueId}`);
      const from = Math.max(after, draw.firstSeq);
      const page = await this.openings.registrants(draw, from, draw.lastSeq, REGISTRANTS_PER_PAGE);
      return page.map(({ seq, tokenHash }) => [seq, tokenHash.toString('hex')]);
    });
  }
}
