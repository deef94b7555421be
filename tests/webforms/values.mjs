// What the engine of ODK Web Forms computes: arguments are a record, a form in which PLACE stands for a calculation, and a
// file with one expression a line, escaped for XML. Writes the value of each, or ERROR.
import { readFile } from 'node:fs/promises';
import { escaped, openForm, openRecord, questions } from './engine.mjs';

const [record, template, cases] = await Promise.all(process.argv.slice(2).map((name) => readFile(name, 'utf8')));
for (const expression of cases.split('\n')) {
  let value = 'ERROR';
  try {
    const form = await openForm(template.replace('PLACE', () => expression), '');
    const root = await openRecord(form, record);
    for (const node of questions(root)) {
      if (node.currentState.reference === '/data/c') value = escaped(node.currentState.instanceValue);
    }
  } catch {
    // The form or the expression is refused: the value is an error.
  }
  process.stdout.write(`${value}\n`);
}
