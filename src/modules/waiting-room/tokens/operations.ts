import type { z } from 'zod';
import { type Operation, operation } from '../../../http/operation';
import {
  AssertedIssueBody,
  ChallengeBody,
  IssueBody,
  IssuedChallenge,
  IssuedToken,
  type IssueRequest,
  ResponseIssueBody,
  WorkIssueBody,
} from '../schema';
import type { GateName } from './gates/token-gate';

const ISSUE: Operation<IssueRequest, unknown, z.infer<typeof IssuedToken>> = operation({
  tag: 'Queue',
  summary: 'Join the queue',
  description: 'A user who asks again gets the same entry while it is live.',
  body: IssueBody,
  answer: IssuedToken,
  example: { queueToken: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VySWQiOjF9.c2lnbmF0dXJl' },
  errors: { '404': 'There is no such user, or no such queue' },
});

const PROOF_REFUSED = { '403': 'The proof is missing, wrong, too old or spent', ...ISSUE.errors };

/** What each gate makes of it. */
const ISSUE_AT: Record<GateName, typeof ISSUE> = {
  none: ISSUE,
  'proof-of-work': { ...ISSUE, body: WorkIssueBody, errors: PROOF_REFUSED },
  turnstile: { ...ISSUE, body: ResponseIssueBody, errors: PROOF_REFUSED },
  'privacy-pass': {
    ...ISSUE,
    description: `${ISSUE.description ?? ''} Authorization carries a Private Access Token (RFC 9577) that answers the challenge of the 401 before.`,
    errors: {
      '401': 'There is no Private Access Token, or one for another challenge or of another issuer',
      ...PROOF_REFUSED,
    },
  },
};

const ISSUE_FOR_ASSERTION: typeof ISSUE = {
  ...ISSUE,
  description:
    'The user is the `sub` of the shop’s assertion, made at its first sight. A user who asks again gets the same entry while it is live.',
  body: AssertedIssueBody,
};

/** The request for a token, as the configuration has it. */
export const issueOperation = (gate: GateName, { isRequired }: { isRequired: boolean }): typeof ISSUE =>
  isRequired ? ISSUE_FOR_ASSERTION : ISSUE_AT[gate];

export const CHALLENGE = operation({
  tag: 'Queue',
  summary: 'Get a challenge for the proof of work that a token requires',
  body: ChallengeBody,
  answer: IssuedChallenge,
  example: {
    challenge: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJwdXJwb3NlIjoi.c2ln',
    bits: 7,
    memoryKib: 1024,
    expiresInSeconds: 120,
  },
});
