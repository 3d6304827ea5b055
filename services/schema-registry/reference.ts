// The reference of events, for people and programs: the AsyncAPI document and its page.
import { createReadStream } from 'node:fs';
import type { FastifyInstance } from 'fastify';

/** Made by `npm run generate`, and in the image beside the services. */
const FOLDER = new URL('../../docs/reference/', import.meta.url);

/** The page has one style of its own and nothing else: no script runs, nothing is fetched. */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const papers = (operationId: string, summary: string, content: object) => ({
  config: { papers: true, documents: { response: { 200: { description: summary, content } } } },
  schema: { operationId, summary, tags: ['events'] },
});

/** GET /asyncapi.json and /events */
export function referenceRoutes(app: FastifyInstance): void {
  const json = { 'application/json': { schema: { type: 'object' } } };
  app.get(
    '/asyncapi.json',
    papers('readAsyncApi', 'All topics and events, as an AsyncAPI 3.0 document', json),
    (_request, reply) =>
      reply
        .type('application/json; charset=utf-8')
        .send(createReadStream(new URL('asyncapi.json', FOLDER))),
  );
  const html = { 'text/html': { schema: { type: 'string' } } };
  app.get(
    '/events',
    papers('readEvents', 'All topics and events, as a page', html),
    (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', PAGE_POLICY)
        .header('x-content-type-options', 'nosniff')
        .send(createReadStream(new URL('events.html', FOLDER))),
  );
}
