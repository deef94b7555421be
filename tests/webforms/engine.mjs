// The engine of ODK Web Forms outside a browser: jsdom lends it the document classes that it expects to find around it.
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { JSDOM } from 'jsdom';

const LENT = /^(DOMParser|XMLSerializer|XPath\w*|Node\w*|Document|XMLDocument|Element|Attr|CharacterData|Text|CDATASection|Comment|ProcessingInstruction|NamedNodeMap|HTML\w*|document)$/;
const { window } = new JSDOM('');
for (const name of Object.getOwnPropertyNames(window)) {
  if (LENT.test(name)) globalThis[name] = window[name];
}
// One of its libraries was built for CommonJS and asks for these on loading.
globalThis.__dirname = '/';
globalThis.require = createRequire(import.meta.url);

const { loadForm } = await import('@getodk/xforms-engine');

const NOT_FOUND = { status: 404 };

/** Opens the XForm `xml`, whose files lie in the folder `media`; throws where the engine refuses it. */
export async function openForm(xml, media) {
  const form = await loadForm(xml, {
    missingResourceBehavior: 'BLANK',
    fetchFormAttachment: async (url) => {
      try {
        const content = await readFile(path.join(media, path.basename(url.pathname)));
        return new Response(content, { headers: { 'Content-Type': 'text/csv' } });
      } catch {
        return new Response('', NOT_FOUND);
      }
    },
  });
  if (form.status === 'failure') throw form.error;
  return form;
}

/** The record `xml` as the engine opens a draft again: every calculation is computed anew. */
export async function openRecord(form, xml) {
  const draft = new FormData();
  // The engine wants the file to be named as its key.
  draft.set('xml_submission_file', new File([xml], 'xml_submission_file', { type: 'text/xml' }));
  return (await form.restoreInstance({ data: [draft] }, {})).root;
}

/** Each question below `node`. */
export function* questions(node) {
  const { children } = node.currentState;
  if (children === null) {
    yield node;
    return;
  }
  for (const child of children) yield* questions(child);
}

/** `text` on one line, without the tabs that part the columns. */
export function escaped(text) {
  return String(text).replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}
