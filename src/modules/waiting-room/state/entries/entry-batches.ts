import { Batcher } from '../../../../common/batcher';
import type { Tracer } from '../../../../platform/observability/traces/tracer';
import { RedisUnavailable, type ScriptArgument } from '../../../../platform/redis/redis';
import type { ScriptLimit } from '../../admission/policy';
import type { WaitingRoomMetrics } from '../../metrics';
import type { QueueRules } from '../../rules';
import type { Entry } from './entry';
import { MAX_ADMISSIONS_PER_CALL } from './chunks';
import {
  type IssueReply,
  readEndedSessions,
  readEntryStatuses,
  readExtendedSessions,
  readIssued,
  type ResolveReply,
} from '../replies';
import type { EndedSession, SpentProof, StateLost } from '../results';
import type { QueueScripts } from '../scripts';

/** Most entries of one script call: less than a millisecond of Redis' time. */
const MAX_BATCH = 100;

interface Request {
  limit: ScriptLimit;
  /** The highest seq that the caller knows to be issued. */
  known: number;
}

export interface IssueRequest extends Request {
  userId: number;
  /** What the entry costs; undefined: nothing. */
  proof: SpentProof | undefined;
  /** The number that a draw has given to the user's entry, if the script has said that there is one. */
  drawnSeq?: number | undefined;
}

export interface ResolveRequest extends Request {
  entry: Entry;
  /** The user is about to make a hold. */
  isToHold: boolean;
}

interface EndRequest extends Request {
  seq: number;
}

interface ExtendRequest extends Request {
  seq: number;
  holdMs: number;
}

/**
 * Issues and resolves entries, ends and prolongs sessions: one script call for all that are wanted in the same moment. The scripts take them in the
 * order of their arrival, and each has its own outcome.
 */
export class EntryBatches {
  private readonly issues: Batcher<IssueRequest, IssueReply>;
  private readonly resolves: Batcher<ResolveRequest, ResolveReply>;
  private readonly ends: Batcher<EndRequest, EndedSession | StateLost>;
  private readonly extensions: Batcher<ExtendRequest, number | StateLost>;

  constructor(
    private readonly scripts: QueueScripts,
    private readonly rules: QueueRules,
    metrics: WaitingRoomMetrics,
    tracer: Tracer,
  ) {
    const options = (script: string) => {
      const size = metrics.batchSize.labels({ script });
      return {
        name: script,
        tracer,
        maxSize: MAX_BATCH,
        // A script that fails by a mistake may fail because of one entry.
        isTriedAlone: (error: unknown) => !(error instanceof RedisUnavailable),
        onSend: (entries: number) => size.observe(entries),
      };
    };
    this.issues = new Batcher((requests) => this.issueAll(requests), options('issue'));
    this.resolves = new Batcher((requests) => this.resolveAll(requests), options('resolve'));
    this.ends = new Batcher((requests) => this.endAll(requests), options('end-session'));
    this.extensions = new Batcher((requests) => this.extendAll(requests), options('extend-session'));
  }

  async issue(request: IssueRequest): Promise<IssueReply> {
    return this.issues.add(request);
  }

  async resolve(request: ResolveRequest): Promise<ResolveReply> {
    return this.resolves.add(request);
  }

  async endSession(request: EndRequest): Promise<EndedSession | StateLost> {
    return this.ends.add(request);
  }

  async extendSession(request: ExtendRequest): Promise<number | StateLost> {
    return this.extensions.add(request);
  }

  private async endAll(requests: EndRequest[]): Promise<(EndedSession | StateLost)[]> {
    const own = [MAX_ADMISSIONS_PER_CALL, ...requests.map(({ seq }) => seq)];
    const reply = await this.scripts.run('endSession', { ...latest(requests), own });
    return readEndedSessions(reply, requests.length);
  }

  private async extendAll(requests: ExtendRequest[]): Promise<(number | StateLost)[]> {
    const own = requests.flatMap(({ seq, holdMs }) => [seq, holdMs]);
    const reply = await this.scripts.run('extendSession', { ...latest(requests), own });
    return readExtendedSessions(reply, requests.length);
  }

  private async issueAll(requests: IssueRequest[]): Promise<IssueReply[]> {
    const own: ScriptArgument[] = [this.rules.maxWaitMs];
    for (const { userId, proof, drawnSeq = '' } of requests)
      own.push(userId, proof === undefined ? '' : `${proof.lifeMs}:${proof.id}`, drawnSeq);
    return readIssued(await this.scripts.run('issue', { ...latest(requests), own }), requests);
  }

  private async resolveAll(requests: ResolveRequest[]): Promise<ResolveReply[]> {
    const { maxWaitMs, holdRequestMs = 0, holdMs = 0 } = this.rules;
    const own: ScriptArgument[] = [maxWaitMs, holdRequestMs, holdMs];
    for (const { entry, isToHold } of requests)
      own.push(entry.seq, entry.gen, entry.userId, entry.iatMs, isToHold ? 1 : 0);
    return readEntryStatuses(
      await this.scripts.run('resolve', { ...latest(requests), own }),
      requests.length,
    );
  }
}

/** A queue's policy gives all requests the same limit. */
function latest(requests: Request[]): Request {
  const known = Math.max(...requests.map((request) => request.known));
  return { known, limit: requests.at(-1)?.limit ?? 0 };
}
