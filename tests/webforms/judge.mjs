// Judges records by the engine of ODK Web Forms.
//
// Arguments: the form, the folder of its media, then records. Writes a line for each question of each record, tab-separated:
// record, path with row numbers, relevant, required, constraint satisfied, value after recalculation.
import { readFile } from 'node:fs/promises';
import { escaped, openForm, openRecord, questions } from './engine.mjs';

const [form, media, ...records] = process.argv.slice(2);
const opened = await openForm(await readFile(form, 'utf8'), media);
for (const [index, record] of records.entries()) {
  try {
    const root = await openRecord(opened, await readFile(record, 'utf8'));
    for (const node of questions(root)) {
      const { reference, relevant, required, instanceValue } = node.currentState;
      const satisfied = node.validationState?.constraint?.valid ?? '';
      const words = [index, reference, relevant, required, satisfied, escaped(instanceValue)];
      process.stdout.write(`${words.join('\t')}\n`);
    }
  } catch (error) {
    process.stdout.write(`${index}\tERROR\t${escaped(error.message)}\n`);
  }
}
