// Makes docs/reference/: the documents of doors and events, examples of events, and their page.
import { asyncApiDocument, channelPapers } from './asyncapi.ts';
import { openApiDocuments } from './doors.ts';
import { eventsPage } from './events-page.ts';

const FOLDER = 'docs/reference';

export async function generatedFiles(): Promise<{ path: string; text: string }[]> {
  const openApi = await openApiDocuments();
  const documents = [...openApi].map(([service, document]) => ({
    path: `${FOLDER}/openapi/${service}.json`,
    text: jsonText(document),
  }));
  const examples = channelPapers
    .filter(({ events }) => events.length > 0)
    .map(({ topic, events }) => ({
      path: `${FOLDER}/examples/${topic.name}.json`,
      text: jsonText(Object.fromEntries(events.map(({ event, example }) => [event, example]))),
    }));
  return [
    ...documents,
    { path: `${FOLDER}/asyncapi.json`, text: jsonText(asyncApiDocument()) },
    ...examples,
    { path: `${FOLDER}/events.html`, text: eventsPage(channelPapers) },
  ];
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
