import { Lifecycle, scoped } from 'tsyringe';
import { csvLine } from './csv';
import { COLUMNS, type ExportName, ExportRepository } from './repository';

export { EXPORTS, type ExportName } from './repository';

/** Tables as CSV. Each chunk is read when the one before has been sent. */
@scoped(Lifecycle.ContainerScoped)
export class ExportService {
  constructor(private readonly exports: ExportRepository) {}

  /** The text in pieces: the header, then chunks of rows. */
  async *csv(name: ExportName, scheduleId: number | undefined): AsyncGenerator<string> {
    const columns = COLUMNS[name];
    yield csvLine(columns);
    for await (const rows of this.exports.chunks(name, scheduleId))
      yield rows.map((row) => csvLine(columns.map((column) => row[column] ?? null))).join('');
  }
}
