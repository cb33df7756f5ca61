import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Coding } from '../../http/encoding/negotiation';

/** One file of the pages, ready to be sent: all of its forms are in memory. */
export interface PageFile {
  path: string;
  type: string;
  etag: string;
  /** Its name changes with its content. */
  isImmutable: boolean;
  forms: Record<Coding, Buffer>;
}

/** Written into the page for this installation. */
export interface PageSettings {
  queueId: string;
  maxWaitSeconds: number;
  idleSeconds: number;
  /** Whether a token costs a proof of work, for which the page loads a script. */
  hasProofOfWork: boolean;
  /** Where the shop signs users in, for which the page loads a script; empty: the page asks for the user's number. */
  signInUrl: string;
  /** Only the shop's own page can get a token: this page leads back there. */
  isJoinedElsewhere: boolean;
  /** 0: a hold cannot be prolonged. */
  extensionSeconds: number;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

const ASSETS = 'assets';

/** Reads the buyer's pages as scripts/build.js has made them; undefined when it has made nothing. */
export function readPages(folder: string, settings: PageSettings): PageFile[] | undefined {
  if (!existsSync(join(folder, 'index.html'))) return undefined;
  const files = builtFiles(folder, '');
  const name = costScriptOf(settings);
  const cost = files.find(
    ({ path }) => name !== '' && path.startsWith(`/${ASSETS}/${name}-`) && path.endsWith('.js'),
  );
  return [indexPage(folder, settings, cost?.path ?? ''), ...files];
}

/** The script that gets what a token costs; the two exclude each other (src/config/contradictions.ts). */
function costScriptOf({ hasProofOfWork, signInUrl }: PageSettings): string {
  if (hasProofOfWork) return 'proof';
  return signInUrl === '' ? '' : 'identity';
}

const OPERATOR = '/operator';

/** The same for the operator's page: it needs nothing of this installation. */
export function readOperatorPage(webFolder: string): PageFile[] | undefined {
  const folder = join(webFolder, OPERATOR);
  if (!existsSync(join(folder, 'index.html'))) return undefined;
  const html = readFileSync(join(folder, 'index.html'));
  return [pageOf(OPERATOR, html), ...builtFiles(folder, OPERATOR)];
}

/** @param under the path that the folder has on the server */
function builtFiles(folder: string, under: string): PageFile[] {
  const names = [
    ...readdirSync(folder).filter((name) => extname(name) === '.js'),
    ...readdirSync(join(folder, ASSETS)).map((name) => `${ASSETS}/${name}`),
  ].filter((name) => extname(name) in TYPES);
  return names.map((name) => builtFile(folder, under, name));
}

function builtFile(folder: string, under: string, name: string): PageFile {
  const read = (suffix: string): Buffer => readFileSync(join(folder, `${name}${suffix}`));
  const forms = { identity: read(''), br: read('.br'), gzip: read('.gz') };
  return fileOf(`${under}/${name}`, extname(name), forms, name.startsWith(`${ASSETS}/`));
}

/** The page names its queue, so its compressed forms are made here. */
function indexPage(folder: string, settings: PageSettings, cost: string): PageFile {
  const values: Record<string, string> = {
    queue: settings.queueId,
    maxWait: String(settings.maxWaitSeconds),
    idle: String(settings.idleSeconds),
    extension: String(settings.extensionSeconds),
    cost,
    signIn: settings.signInUrl,
    elsewhere: settings.isJoinedElsewhere ? 'yes' : '',
  };
  const html = readFileSync(join(folder, 'index.html'), 'utf8').replace(
    /\{\{(\w+)\}\}/g,
    (_whole, name: string) => escaped(values[name] ?? ''),
  );
  return pageOf('/', Buffer.from(html));
}

function pageOf(path: string, identity: Buffer): PageFile {
  const forms = { identity, br: brotliCompressSync(identity), gzip: gzipSync(identity) };
  return fileOf(path, '.html', forms, false);
}

const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');

const fileOf = (
  path: string,
  extension: string,
  forms: PageFile['forms'],
  isImmutable: boolean,
): PageFile => ({
  path,
  type: TYPES[extension] ?? 'application/octet-stream',
  etag: `W/"${createHash('sha256').update(forms.identity).digest('base64url').slice(0, 22)}"`,
  isImmutable,
  forms,
});
