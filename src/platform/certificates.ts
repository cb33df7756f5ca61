/** What OpenSSL and Node call a certificate that no known authority has signed. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const OTHER_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID';

/**
 * What is wrong with the certificate of a server, to be read behind the name of the variable that names it; undefined when
 * the error is about something else. Node reads the authorities once, at its start, so waiting does not mend it.
 */
export function certificateFault(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, cause, original } = error as { code?: unknown; cause?: unknown; original?: unknown };
  if (typeof code === 'string' && UNTRUSTED.has(code))
    return `names a server whose certificate is not trusted (${code}): name the file of its authority in NODE_EXTRA_CA_CERTS`;
  if (code === OTHER_NAME) return `names a server whose certificate is for another name (${error.message})`;
  return certificateFault(original ?? cause);
}
