import { generateKeyPairSync } from 'node:crypto';
import { configDoubts, loadConfig } from '../../src/config/config';
import { faultsOf } from '../support/config';

describe('the configuration of the gate', () => {
  const turnstile = {
    TOKEN_GATE: 'turnstile',
    TOKEN_TURNSTILE_SECRET: '0x4AAA',
    TOKEN_TURNSTILE_HOSTNAMES: 'tickets.example, www.tickets.example',
  };
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ordinaryKey = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');

  it('takes what is complete', () => {
    expect(faultsOf({ TOKEN_GATE: 'proof-of-work' })).toEqual([]);
    expect(faultsOf(turnstile)).toEqual([]);
  });

  it.each([
    [{ TOKEN_GATE: 'pow' }, /^TOKEN_GATE must be one of none, proof-of-work, turnstile, privacy-pass/],
    [{ TOKEN_PROOF_OF_WORK_BITS: '11' }, /^TOKEN_PROOF_OF_WORK_MAX_BITS must not be below/],
    [{ TOKEN_PROOF_OF_WORK_BITS: '0' }, /^TOKEN_PROOF_OF_WORK_BITS must be a whole number from 1/],
    [{ ...turnstile, TOKEN_TURNSTILE_SECRET: '' }, /^TOKEN_TURNSTILE_SECRET must be set/],
    [{ ...turnstile, TOKEN_TURNSTILE_HOSTNAMES: '' }, /^TOKEN_TURNSTILE_HOSTNAMES must be set/],
    [{ ...turnstile, TOKEN_TURNSTILE_HOSTNAMES: 'https://a.example' }, /HOSTNAMES must be a host's name/],
    [{ ...turnstile, TOKEN_TURNSTILE_ACTION: 'to buy' }, /^TOKEN_TURNSTILE_ACTION must be 1 to 32/],
    [{ TOKEN_PRIVACY_PASS_ORIGIN: 'a.example:443' }, /^TOKEN_PRIVACY_PASS_ORIGIN must be a host's name/],
    [{ TOKEN_PRIVACY_PASS_KEYS: 'AAAA' }, /^TOKEN_PRIVACY_PASS_KEYS must be public keys as the issuer/],
    [{ TOKEN_PRIVACY_PASS_KEYS: ordinaryKey }, /^TOKEN_PRIVACY_PASS_KEYS must be RSASSA-PSS keys of 2048/],
  ])('refuses %o', (env, fault) => {
    expect(faultsOf(env)).toEqual([expect.stringMatching(fault)]);
  });

  it('names everything that a gate lacks', () => {
    expect(faultsOf({ TOKEN_GATE: 'privacy-pass' })).toEqual(
      ['ISSUER', 'ORIGIN', 'KEYS'].map(
        (name) => `TOKEN_PRIVACY_PASS_${name} must be set with TOKEN_GATE=privacy-pass`,
      ),
    );
  });

  it('warns of variables that only another gate reads, and of a secret that goes in clear text', () => {
    const doubtsOf = (env: Record<string, string>): string[] => configDoubts(loadConfig(env), env);
    expect(doubtsOf({ TOKEN_PROOF_OF_WORK_BITS: '8' })).toEqual([
      'TOKEN_PROOF_OF_WORK_BITS changes nothing while TOKEN_GATE is none.',
    ]);
    expect(doubtsOf({ TOKEN_GATE: 'proof-of-work', TOKEN_PROOF_OF_WORK_BITS: '8' })).toEqual([]);
    const TOKEN_TURNSTILE_URL = 'http://verify.example/';
    expect(doubtsOf({ ...turnstile, TOKEN_TURNSTILE_URL })).toEqual([
      expect.stringMatching(/^TOKEN_TURNSTILE_URL is not https/),
    ]);
  });
});
