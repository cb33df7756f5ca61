import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why a test can make no certificates on this machine; undefined: it can. */
export const noCertificates =
  spawnSync('openssl', ['version']).status === 0 ? undefined : 'there is no openssl on PATH';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

/** A private certificate authority: only programs that get its file trust it. */
export class Authority {
  private readonly folder = mkdtempSync(join(tmpdir(), 'authority-'));
  /** Its own certificate: what clients need to trust those that it signs. */
  readonly file = join(this.folder, 'ca.crt');
  private readonly keyFile = join(this.folder, 'ca.key');

  constructor() {
    this.openssl('/CN=a private authority', this.keyFile, this.file);
  }

  /** A certificate for servers. @param names as a certificate has them: DNS:localhost */
  certify(name: string, names = 'IP:127.0.0.1'): { certificate: string; key: string } {
    const key = join(this.folder, `${name}.key`);
    const certificate = join(this.folder, `${name}.crt`);
    const by = ['-CA', this.file, '-CAkey', this.keyFile];
    const only = ['-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=critical,CA:FALSE'];
    this.openssl(`/CN=${name}`, key, certificate, [...by, ...only]);
    return { certificate, key };
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private openssl(subject: string, key: string, certificate: string, more: string[] = []): void {
    const own = ['req', '-x509', ...NEW_KEY, '-subj', subject, '-keyout', key, '-out', certificate];
    execFileSync('openssl', [...own, ...more], { stdio: 'ignore' });
  }
}
