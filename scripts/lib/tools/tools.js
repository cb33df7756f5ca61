// Programs of the load study, and of the tests of charts, pages and examples: found (commands.js), or got in the way that this machine allows.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { findCommand, toolsDir, VARIABLES } = require('./commands');
const { Failure } = require('../running/failure');
const { root } = require('../paths');
const { note, step } = require('../running/progress');
const { run } = require('../running/run');
const { engineRuns, ensureImage } = require('../services/docker');
const { canInstall, ensurePackages } = require('../services/packages');

const PROMETHEUS_IMAGE = 'prom/prometheus:v2.55.1';
const TOOLS = {
  k6: { go: 'go.k6.io/k6@v1.8.1', image: 'grafana/k6:1.8.1' },
  promtool: { debian: 'prometheus', image: PROMETHEUS_IMAGE },
  prometheus: { debian: 'prometheus', image: PROMETHEUS_IMAGE },
  influxd: { debian: 'influxdb', image: 'influxdb:1.8' },
  chromium: { debian: ['chromium-headless-shell', 'fonts-noto-cjk'] },
  nginx: { debian: 'nginx-light' },
  varnishd: { debian: 'varnish' },
  curl: { debian: 'curl' },
  jq: { debian: 'jq' },
  kubeconform: { go: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0' },
};
const TELL_EVERY_MS = 30_000;

const made = (name) => path.join(toolsDir, name);

/** Into a folder aside first, so that what lies in its place is whole. Takes minutes: it tells how far it is. */
async function buildWithGo(name, module, signal) {
  const aside = made(`${name}.${process.pid}`);
  let packages = 0;
  const tell = setInterval(
    () => note(`${name} is being built: ${packages} packages compiled`),
    TELL_EVERY_MS,
  );
  try {
    await run(findCommand('go'), ['install', '-v', module], {
      env: { ...process.env, GOBIN: aside },
      what: `go install ${module}`,
      todo: `update Go, check the network, or set ${VARIABLES[name]} to one that is there.`,
      signal,
      onOutput: (text) => (packages += text.split('\n').filter((line) => /^\S+$/.test(line)).length),
    });
    fs.renameSync(path.join(aside, name), made(name));
  } finally {
    clearInterval(tell);
    fs.rmSync(aside, { recursive: true, force: true });
  }
}

/** It sees this checkout and the temporary files under their own names, this network, and our variables. */
const wrapper = (name, image) => `#!/bin/sh
variables=$(env | sed -n 's/^\\([A-Z][A-Z0-9_]*\\)=.*/\\1/p' | grep -vxE 'PATH|HOME|PWD|HOSTNAME' | sed 's/^/-e /')
exec docker run --rm -i --network host --user "$(id -u):$(id -g)" -w "$PWD" \\
  -v '${root}:${root}' -v '${os.tmpdir()}:${os.tmpdir()}' $variables --entrypoint ${name} ${image} "$@"
`;

async function wrapContainer(name, image) {
  await ensureImage(image);
  fs.writeFileSync(made(name), wrapper(name, image), { mode: 0o755 });
}

async function get(name, signal) {
  const { go, debian, image } = TOOLS[name];
  const variables = [VARIABLES[name]];
  if (go && findCommand('go'))
    return step(`build ${name} with Go`, () => buildWithGo(name, go, signal), { inherits: true });
  if (image && !(debian && canInstall()) && (await engineRuns())) return wrapContainer(name, image);
  if (debian)
    return ensurePackages([
      { title: name, variables, packages: { commands: [name], debian: [debian].flat() } },
    ]);
  throw new Failure(`${name} is not here, and there is nothing to get it with.`, {
    todo: `install Go (https://go.dev/dl)${image ? ', start Docker,' : ''} or set ${variables[0]} to one that is there.`,
  });
}

/**
 * @param {string} name one of VARIABLES
 * @param {{signal?: AbortSignal}} [options] signal: ends a build
 * @returns {Promise<string>} path of the program, which is got if it is nowhere
 */
async function findTool(name, { signal } = {}) {
  const found = findCommand(name);
  if (found) return found;
  fs.mkdirSync(toolsDir, { recursive: true });
  await get(name, signal);
  return findCommand(name);
}

module.exports = { findTool };
