// What we started (state.json) and the passwords of it (secrets.json), both readable by the owner only.
const crypto = require('node:crypto');
const fs = require('node:fs');
const { Failure } = require('./running/failure');
const { servicesDir, stateFile, secretsFile } = require('./paths');

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw new Failure(`${file} cannot be read: ${error.message}`, {
      todo: 'make it readable for this user, or delete the folder .services (its databases are lost then).',
    });
  }
}

/** Written aside and renamed, so that a reader never sees half a file. */
function writeJson(file, value) {
  ensureServicesDir();
  const aside = `${file}.${process.pid}`;
  fs.writeFileSync(aside, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  fs.renameSync(aside, file);
}

function ensureServicesDir() {
  try {
    fs.mkdirSync(servicesDir, { recursive: true, mode: 0o700 });
    fs.accessSync(servicesDir, fs.constants.W_OK);
  } catch (error) {
    throw new Failure(`The folder ${servicesDir} cannot be written: ${error.message}`, {
      todo: 'run as the user who owns the checkout, or change the owner of the folder.',
    });
  }
}

/** services: what runs; ports, origins: where and how each ran last ('private' or 'container'); api: its process. */
function readState() {
  return { services: {}, ports: {}, origins: {}, ...readJson(stateFile) };
}

/** Callers hold the lock (lock.js) when another run may write too. */
function updateState(change) {
  const state = readState();
  const result = change(state);
  writeJson(stateFile, state);
  return result;
}

/** A random text under this name: made once, then always the same. */
function secret(name, bytes = 24) {
  const secrets = readJson(secretsFile);
  if (!secrets[name]) {
    secrets[name] = crypto.randomBytes(bytes).toString('base64url');
    writeJson(secretsFile, secrets);
  }
  return secrets[name];
}

module.exports = { readState, updateState, secret, ensureServicesDir };
