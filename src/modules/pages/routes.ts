import type { Router } from 'express';
import { isNamed } from '../../http/encoding/entity-tags';
import { codingFor } from '../../http/encoding/negotiation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import type { PageFile } from './files';

/** No code but our own files, nothing from elsewhere, in nobody's frame (docs/security.md). */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types app',
].join('; ');

/** Of the one file whose code may compile WebAssembly: a worker, which reaches nothing else. */
const WORKER_POLICIES = new Map([['/proof-worker.js', "default-src 'none'; script-src 'wasm-unsafe-eval'"]]);

const SECURITY_HEADERS = [
  'X-Content-Type-Options',
  'nosniff',
  'Referrer-Policy',
  'no-referrer',
  'Cross-Origin-Opener-Policy',
  'same-origin',
  'Permissions-Policy',
  'camera=(), geolocation=(), microphone=(), payment=()',
];

const IMMUTABLE = 'public, max-age=31536000, immutable';
/** A browser revalidates each time; a cache once a minute, and it serves the old page for a day when the origin is down. */
const REVALIDATED = 'public, max-age=0, s-maxage=60, stale-while-revalidate=600, stale-if-error=86400';

/** The operator's page is for nobody's cache. */
const PRIVATE = 'no-cache, private';

/** Pages from memory. @param isPublic whether caches on the way may keep what has no hash in its name */
export function pageRoutes(files: PageFile[], isPublic = true): Router {
  const router = literalRouter();
  const revalidated = isPublic ? REVALIDATED : PRIVATE;
  for (const file of files) {
    const { path, type, etag, forms, isImmutable } = file;
    const caching = ['ETag', etag, 'Cache-Control', isImmutable ? IMMUTABLE : revalidated];
    const policy = ['Content-Security-Policy', WORKER_POLICIES.get(path) ?? POLICY];
    const always = [...caching, 'Vary', 'Accept-Encoding', ...policy, ...SECURITY_HEADERS];
    router.get(path, (req, res) => {
      if (isNamed(etag, req.headers['if-none-match'])) {
        res.writeHead(304, [...always]).end();
        return;
      }
      const { coding } = codingFor(req.headers['accept-encoding']?.toString());
      const bytes = forms[coding];
      const encoding = coding === 'identity' ? [] : ['Content-Encoding', coding];
      const own = ['Content-Type', type, 'Content-Length', String(bytes.length)];
      res.writeHead(200, [...own, ...encoding, ...always]).end(bytes);
    });
  }
  return refuseOtherMethods(router);
}
