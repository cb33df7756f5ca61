import { Conflict, DomainError } from '../../common/errors';

/** The thing has been edited since the caller read it. */
class EditedMeanwhile extends DomainError {
  constructor(what: string) {
    super('412', `${what} has been edited since: read it again, then repeat the edit.`);
  }
}

/** The versions that an edit may be of; undefined: any. */
export type ExpectedVersions = ReadonlySet<number> | undefined;

/** @throws EditedMeanwhile (412) unless the version is one of the expected */
export function refuseEdited(what: string, version: number, expected: ExpectedVersions): void {
  if (expected !== undefined && !expected.has(version)) throw new EditedMeanwhile(what);
}

/** Its state does not allow the act. */
export class WrongState extends Conflict {}

/** The request is well-formed, but contradicts itself or the rows that it refers to. */
export class Contradiction extends DomainError {
  constructor(message: string) {
    super('400', message);
  }
}
