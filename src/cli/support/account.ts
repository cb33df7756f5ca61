import { userInfo } from 'node:os';

/**
 * Who runs this, for the audit. A container may run as a number that no file of accounts names (OpenShift gives each project
 * its numbers): then it is that number.
 */
export function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
