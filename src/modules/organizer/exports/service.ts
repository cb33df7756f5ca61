import { Lifecycle, scoped } from 'tsyringe';
import { csvLine } from './csv';
import { type ExportName, ExportRepository } from './repository';

export { EXPORTS, type ExportName } from './repository';

/** Tables as CSV. Each chunk is read when the one before has been sent. */
@scoped(Lifecycle.ContainerScoped)
export class ExportService {
  constructor(private readonly exports: ExportRepository) {}

  /** The text in pieces; an empty table gives none. */
  async *csv(name: ExportName, scheduleId: number | undefined): AsyncGenerator<string> {
    let hasHeader = false;
    for await (const rows of this.exports.chunks(name, scheduleId)) {
      const [first] = rows;
      if (!hasHeader && first !== undefined) yield csvLine(Object.keys(first));
      hasHeader = true;
      yield rows.map((row) => csvLine(Object.values(row))).join('');
    }
  }
}
