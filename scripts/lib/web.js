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
  // Korean as it is: escaped, each syllable is twice as long. Browsers read modules as UTF-8.
  charset: 'utf8',
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

/** The operator's page: one script and one style, under /operator of the management port. */
async function buildOperator(esbuild) {
  const from = (file) => path.join('..', 'operator', file);
  const inFolder = (name, bytes) => writeHashed(name, bytes, 'operator/assets');
  const urls = {
    app: inFolder('app.js', await bundle(esbuild, from('main.tsx'))),
    style: inFolder('style.css', await bundle(esbuild, from('style.css'))),
  };
  writePage(inRoot('web', 'operator'), path.join('operator', 'index.html'), urls);
}

/** The rest is filled in by the service, which compresses the page when it starts. */
function writePage(source, file, urls) {
  const html = fs.readFileSync(path.join(source, 'index.html'), 'utf8').replace(/\n\s+/g, '\n');
  const page = html.replace(/\{\{(\w+)\}\}/g, (whole, name) => urls[name] ?? whole);
  fs.writeFileSync(path.join(OUT, file), page);
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

function writeHashed(name, bytes, folder = 'assets') {
  const { name: stem, ext } = path.parse(name);
  const hashed = `${folder}/${stem}-${hashOf(bytes)}${ext}`;
  write(hashed, bytes);
  return `/${hashed}`;
}

async function buildWeb() {
  const esbuild = require('esbuild');
  fs.rmSync(OUT, { recursive: true, force: true });
  const shopStyle = writeHashed('shop.css', await bundle(esbuild, 'shop/style.css'));
  // Known to the first script, so that the shop's style comes beside its script and not after it.
  const defineShopStyle = { define: { SHOP_STYLE: JSON.stringify(shopStyle) } };
  const app = writeHashed('app.js', await bundle(esbuild, 'main.tsx', defineShopStyle));
  const style = writeHashed('style.css', await bundle(esbuild, 'style.css'));
  writeHashed('forms.css', await bundle(esbuild, 'forms/style.css'));
  const proofStyle = writeHashed('proof.css', await bundle(esbuild, 'proof/style.css'));
  const later = { plugins: [fromFirstScript(app)] };
  const shop = writeHashed('shop.js', await bundle(esbuild, 'shop/shop.tsx', later));
  const defineStyle = { define: { STYLE: JSON.stringify(proofStyle) } };
  writeHashed('proof.js', await bundle(esbuild, 'proof/proof.tsx', { ...later, ...defineStyle }));
  writeHashed('identity.js', await bundle(esbuild, 'identity/identity.ts', later));
  write('proof-worker.js', await bundle(esbuild, `${WORKERS}/proof-worker.ts`));
  write('ticker.js', await bundle(esbuild, `${WORKERS}/ticker.ts`));
  const shell = [app, style, shop, shopStyle];
  const define = { SHELL: JSON.stringify(shell), VERSION: JSON.stringify(hashOf(shell.join())) };
  write('sw.js', await bundle(esbuild, `${WORKERS}/service-worker.ts`, { define }));
  writePage(SOURCE, 'index.html', { app, shop, style });
  await buildOperator(esbuild);
}

module.exports = { buildWeb };
