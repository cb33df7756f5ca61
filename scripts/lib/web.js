// Builds the pages: web/ to dist/web. Files have a hash of their content in their names, and lie there plain, as br and as gz.
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { inRoot } = require('./paths');

const SOURCE = inRoot('web', 'buyer');
const WORKERS = '../worker';
const OUT = inRoot('dist', 'web');
const KERNEL = path.join(SOURCE, 'kernel');

const COMMON = {
  bundle: true,
  write: false,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'transform',
  jsxFactory: 'h',
  jsxFragment: 'Fragment',
  legalComments: 'none',
  tsconfig: inRoot('web', 'tsconfig.json'),
  logLevel: 'silent',
};

const hashOf = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex').slice(0, 12);

async function bundle(esbuild, file, options = {}) {
  const { outputFiles } = await esbuild.build({
    ...COMMON,
    entryPoints: [path.join(SOURCE, file)],
    ...options,
  });
  return Buffer.from(outputFiles[0].contents);
}

/** What the first script has already is imported from it, by its URL. */
const fromFirstScript = (url) => ({
  name: 'from-first-script',
  setup: (build) => {
    build.onResolve({ filter: /\/kernel$/ }, ({ path: wanted, resolveDir }) =>
      path.resolve(resolveDir, wanted) === KERNEL ? { path: url, external: true } : undefined,
    );
  },
});

function write(name, bytes) {
  const file = path.join(OUT, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
  const params = {
    [zlib.constants.BROTLI_PARAM_QUALITY]: zlib.constants.BROTLI_MAX_QUALITY,
    [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  fs.writeFileSync(`${file}.br`, zlib.brotliCompressSync(bytes, { params }));
  fs.writeFileSync(`${file}.gz`, zlib.gzipSync(bytes, { level: 9 }));
}

function writeHashed(name, bytes) {
  const { name: stem, ext } = path.parse(name);
  const hashed = `assets/${stem}-${hashOf(bytes)}${ext}`;
  write(hashed, bytes);
  return `/${hashed}`;
}

async function buildWeb() {
  const esbuild = require('esbuild');
  fs.rmSync(OUT, { recursive: true, force: true });
  const app = writeHashed('app.js', await bundle(esbuild, 'main.tsx'));
  const plugins = [fromFirstScript(app)];
  const shop = writeHashed('shop.js', await bundle(esbuild, 'shop/shop.tsx', { plugins }));
  const style = writeHashed('style.css', await bundle(esbuild, 'style.css'));
  write('ticker.js', await bundle(esbuild, `${WORKERS}/ticker.ts`));
  const shell = [app, shop, style];
  const define = { SHELL: JSON.stringify(shell), VERSION: JSON.stringify(hashOf(shell.join())) };
  write('sw.js', await bundle(esbuild, `${WORKERS}/service-worker.ts`, { define }));
  const html = fs.readFileSync(path.join(SOURCE, 'index.html'), 'utf8').replace(/\n\s+/g, '\n');
  const urls = { app, shop, style };
  const page = html.replace(/\{\{(app|shop|style)\}\}/g, (_whole, name) => urls[name]);
  // The rest is filled in by the service, which compresses the page when it starts.
  fs.writeFileSync(path.join(OUT, 'index.html'), page);
}

module.exports = { buildWeb };
