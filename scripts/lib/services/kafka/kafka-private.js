// A single-node Kafka broker (KRaft) run from Maven artifacts: no Kafka distribution is needed.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Failure } = require('../../running/failure');
const { inServices } = require('../../paths');
const { spawnBackground } = require('../../running/processes');
const { step } = require('../../running/progress');
const { run } = require('../../running/run');
const { formatArguments, serveArguments, writeSettings } = require('./broker');

const home = (...parts) => inServices('kafka', ...parts);
const JAVA_MIN = 17;
/** It lives for minutes: the quick compiler alone halves what its start and a run of the tests cost. */
const JAVA = ['-Xms256m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const JARS = 'libs'; // relative: a colon in the folder's path would divide a class path

async function checkJava(java) {
  // `java -version` writes to stderr; --version (9 and newer) to stdout.
  const text = await run(java, ['--version'], { what: 'java --version' }).catch(() => '');
  const major = Number(/(\d+)/.exec(text)?.[1] ?? 8);
  if (major >= JAVA_MIN) return;
  throw new Failure(`Kafka needs Java ${JAVA_MIN} or newer; ${java} is older.`, {
    todo: 'install one (apt-get install default-jre-headless) or set KAFKA_BROKERS to a running Kafka.',
  });
}

/** Maven keeps its files in the home folder that the system knows, whatever HOME says; some users have none. */
function repositoryOption() {
  try {
    fs.accessSync(os.userInfo().homedir, fs.constants.W_OK);
    return [];
  } catch {
    return [`-Dmaven.repo.local=${home('repository')}`];
  }
}

/** Downloaded once per version, into a folder aside first: `libs` is complete when it exists. @param {string} mvn its path */
async function ensureJars(mvn) {
  fs.mkdirSync(home(), { recursive: true });
  const text = fs.readFileSync(path.join(__dirname, 'kafka-pom.xml'), 'utf8');
  const kept = home('libs', 'pom.xml');
  if (fs.existsSync(kept) && fs.readFileSync(kept, 'utf8') === text) return;
  fs.writeFileSync(home('pom.xml'), text);
  await step('download Kafka (Maven)', async () => {
    const aside = home('libs.new');
    fs.rmSync(aside, { recursive: true, force: true });
    const args = [
      '-q',
      '-B',
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      ...repositoryOption(),
    ];
    await run(mvn, [...args, `-DoutputDirectory=${aside}`], {
      cwd: home(),
      what: 'Maven',
      todo: 'check the network and the Maven settings, or set KAFKA_BROKERS to a running Kafka.',
    });
    fs.copyFileSync(home('pom.xml'), path.join(aside, 'pom.xml'));
    fs.rmSync(home('libs'), { recursive: true, force: true });
    fs.renameSync(aside, home('libs'));
  });
}

async function startPrivate({ port, controllerPort, commands }) {
  await checkJava(commands.java);
  fs.mkdirSync(home(), { recursive: true });
  await ensureJars(commands.mvn);
  writeSettings(home(), { controllerPort, listeners: [{ name: 'PLAINTEXT', port }] });
  if (!fs.existsSync(home('data', 'meta.properties')))
    await run(commands.java, [...JAVA, ...formatArguments(JARS)], {
      cwd: home(),
      what: 'formatting the Kafka data folder',
    });
  return spawnBackground(commands.java, serveArguments(JARS, JAVA), {
    cwd: home(),
    logFile: home('kafka.log'),
  });
}

module.exports = { startPrivate, ensureJars };
