import type { Response, Router } from 'express';
import { z } from 'zod';
import { NotFound } from '../../common/errors';
import { sendData } from '../../http/envelope';
import { answers, operation } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import type { RouteMiddleware } from '../middleware';
import { Inclusion, InclusionQuery } from './schema';
import type { TransparencyService } from './service';
import { readTilePath } from './tile-path';

const IMMUTABLE = 'public, max-age=31536000, immutable';
/** A checkpoint is replaced every two seconds at most. */
const BRIEF = 'public, max-age=1, stale-if-error=60';
/** A verifier keeps it for as long as it pleases; it changes when the secret does. */
const KEY = 'public, max-age=60';

/** Static files of the transparency logs (C2SP tlog-tiles), for caches and anybody. */
export function transparencyRoutes(
  logs: TransparencyService,
  { validate, shedAnonymous }: RouteMiddleware,
): Router {
  const router = literalRouter();
  const base = '/v1/api/transparency/:queueId';

  router.get(
    `${base}/checkpoint`,
    shedAnonymous,
    answers(CHECKPOINT, async (req, res) => {
      sendFile(res, Buffer.from(await logs.checkpoint(req.params.queueId ?? '')), TEXT, BRIEF);
    }),
  );

  router.get(
    `${base}/key`,
    answers(VERIFIER_KEY, (req, res) => {
      sendFile(res, Buffer.from(`${logs.verifierKey(req.params.queueId ?? '')}\n`), TEXT, KEY);
    }),
  );

  router.get(
    `${base}/inclusion`,
    validate(INCLUSION),
    shedAnonymous,
    answers(INCLUSION, async (req, res) => {
      const { seq, generation } = req.query;
      sendData(res, await logs.inclusion(req.params.queueId ?? '', generation, seq));
    }),
  );

  router.get(`${base}/tile/*path`, shedAnonymous, async (req, res) => {
    const { queueId, path } = req.params as unknown as { queueId: string; path: string[] };
    const tile = readTilePath(path.join('/'));
    if (tile === undefined) throw new NotFound('A tile of this name');
    sendFile(res, await logs.tile(queueId, tile), 'application/octet-stream', IMMUTABLE);
  });

  return refuseOtherMethods(router);
}

const TEXT = 'text/plain; charset=utf-8';

function sendFile(res: Response, bytes: Buffer, type: string, caching: string): void {
  const headers = ['Content-Type', type, 'Content-Length', String(bytes.length), 'Cache-Control', caching];
  const open = ['Access-Control-Allow-Origin', '*', 'X-Content-Type-Options', 'nosniff'];
  res.writeHead(200, [...headers, ...open]).end(bytes);
}

const NO_LOG = { '404': 'There is no such queue, or its log is empty' };

const CHECKPOINT = operation({
  tag: 'Transparency',
  summary: 'The latest checkpoint of a queue’s log',
  description:
    'A signed note: the size and the root of the log. Tiles and entries lie beside it, as C2SP tlog-tiles has them: `tile/0/000`, `tile/entries/000.p/17`, … ([format](docs/transparency.md)).',
  mediaType: 'text/plain',
  answer: z.string(),
  example:
    'concert-reservation/main\n3\nqIdOZEdMUpSRi6GAuRqBg6pVj+GCQYTJgVrfRBv7NAQ=\ntime 1900000000000\n\n— concert-reservation/main Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n',
  errors: NO_LOG,
});

const VERIFIER_KEY = operation({
  tag: 'Transparency',
  summary: 'The key that checkpoints of a queue’s log are verified with',
  mediaType: 'text/plain',
  answer: z.string(),
  example: 'concert-reservation/main+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8\n',
  errors: { '404': 'There is no such queue' },
});

const INCLUSION = operation({
  tag: 'Transparency',
  summary: 'The proof that an entry of the queue is in its log',
  description:
    'The token is the promise that this answers, from two seconds after the issue on: its holder computes the leaf from the token, and the root from the leaf and the proof.',
  query: InclusionQuery,
  answer: Inclusion,
  example: {
    checkpoint: 'concert-reservation/main\n3\n…',
    key: 'concert-reservation/main+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
    leafIndex: 1,
    leaf: 'issue 1900000000000 1 1048577 LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=',
    proof: ['qIdOZEdMUpSRi6GAuRqBg6pVj+GCQYTJgVrfRBv7NAQ='],
  },
  errors: { '404': 'There is no such queue, or its log does not have the entry (yet)' },
});
