import type { Router } from 'express';
import { sendData } from '../../../http/envelope';
import { validation } from '../../../http/middleware/validate';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import { type Access, ifMatch, tagVersion } from '../middleware';
import { CommitmentInput, OpeningInput, OpeningView, SecretInput } from './schema';
import type { OpeningAdminService } from './service';

const BODY_BYTES = 8192;
const OPENING = '/v1/admin/queues/:queueId/opening';

export function openingRoutes(openings: OpeningAdminService, access: Access): Router {
  const router = literalRouter();
  const validate = validation(BODY_BYTES);
  const queueOf = ({ params }: { params: Record<string, string> }): string => params.queueId ?? '';

  router.get(
    OPENING,
    access('viewer'),
    answers(GET, async (req, res) => {
      const { view, version } = await openings.find(queueOf(req));
      tagVersion(res, version);
      sendData(res, view);
    }),
  );

  router.put(
    OPENING,
    access('admin'),
    ifMatch,
    validate(SET),
    answers(SET, async (req, res) => {
      const { view, version } = await openings.set(
        req.operator,
        queueOf(req),
        req.expectedVersions,
        req.body,
      );
      tagVersion(res, version);
      sendData(res, view);
    }),
  );

  router.post(
    `${OPENING}/commitments`,
    access('operator'),
    validate(COMMIT),
    answers(COMMIT, async (req, res) => {
      const { hash, reason } = req.body;
      sendData(res, await openings.commit(req.operator, queueOf(req), hash, reason));
    }),
  );

  router.post(
    `${OPENING}/secrets`,
    access('operator'),
    validate(REVEAL),
    answers(REVEAL, async (req, res) => {
      const { secret, reason } = req.body;
      sendData(res, await openings.reveal(req.operator, queueOf(req), secret, reason));
    }),
  );

  return refuseOtherMethods(router);
}

const CHAIN = '8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce';
const EXAMPLE: OpeningView = {
  queueId: 'main',
  number: 1,
  opensAt: '2030-01-01T20:00:00+09:00',
  mode: 'draw',
  drand: { chain: CHAIN, round: 36_000_000 },
  commitments: [],
  draw: 'registration',
};
const errors = { '404': 'There is no such queue' };

const GET = operation({
  tag: 'Openings',
  summary: 'When a queue opens, and in which order',
  description: 'With its ETag, which an edit must name.',
  answer: OpeningView,
  example: EXAMPLE,
  errors,
});

const SET = operation({
  tag: 'Openings',
  summary: 'Set when a queue opens, and in which order',
  description:
    'Until opensAt entries are collected and nobody is admitted. With mode draw the order of those who are registered by then is drawn from a beacon that is named here. A draw whose registration has closed can only be given up.',
  body: OpeningInput,
  answer: OpeningView,
  example: EXAMPLE,
  errors: { ...errors, '409': 'A draw is under way' },
});

const COMMITTED: OpeningView = {
  ...EXAMPLE,
  drand: null,
  commitments: [{ operator: 'kim', hash: CHAIN, isRevealed: false }],
};

const COMMIT = operation({
  tag: 'Openings',
  summary: 'Commit to a secret for the draw',
  description: 'Before opensAt, at least two operators, each once.',
  body: CommitmentInput,
  answer: OpeningView,
  example: COMMITTED,
  errors: { ...errors, '409': 'The registration has closed, or there is no such draw' },
});

const REVEAL = operation({
  tag: 'Openings',
  summary: 'Reveal the secret that you have committed to',
  description:
    'When the registration has closed. The draw is made when all who have committed have revealed.',
  body: SecretInput,
  answer: OpeningView,
  example: { ...COMMITTED, draw: 'closed' },
  errors: { ...errors, '409': 'It has not closed, or you have not committed' },
});
