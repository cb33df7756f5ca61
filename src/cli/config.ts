import { configTable } from '../config';

process.stdout.write(`${configTable()}\n`);
