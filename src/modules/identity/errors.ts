import { Forbidden, Unauthorized } from '../../common/errors';

/** What is wrong with an assertion: a label of its metric. */
export type Fault =
  | 'malformed'
  | 'wrong_algorithm'
  | 'unknown_key'
  | 'wrong_signature'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'not_yet_valid'
  | 'expired'
  | 'bad_claim';

const WORDS: Record<Fault, string> = {
  malformed: 'is malformed',
  wrong_algorithm: 'is not signed by RS256, ES256 or EdDSA',
  unknown_key: 'is signed with none of the shop’s keys: its kid must name one',
  wrong_signature: 'is not signed by the shop',
  wrong_issuer: 'is of another issuer',
  wrong_audience: 'is meant for another audience',
  not_yet_valid: 'is not valid yet',
  expired: 'has expired: the shop must make another one',
  bad_claim: 'lacks a claim, or has one that is wrong',
};

/** 401: the shop has not said who this is. */
export class AssertionRefused extends Unauthorized {
  constructor(
    readonly fault: Fault,
    detail?: string,
  ) {
    super(`assertion: ${WORDS[fault]}${detail === undefined ? '' : ` (${detail})`}.`);
  }
}

/** 403: the shop knows the user, who may enter other queues only. */
export class QueueNotEntitled extends Forbidden {
  constructor(queueId: string) {
    super(`The shop’s assertion does not entitle you to the queue ${queueId}.`);
  }
}
