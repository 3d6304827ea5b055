// What the registry's document says of its routes; they are answered as Confluent's are, unchecked.
import type { RouteShorthandOptions } from 'fastify';

const string = { type: 'string' } as const;
const integer = { type: 'integer' } as const;
const arrayOf = (items: object) => ({ type: 'array', items });
const object = (
  properties: Readonly<Record<string, object>>,
  optional: readonly string[] = [],
) => ({
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});

const ErrorMessage = {
  ...object({ error_code: integer, message: string }),
  additionalProperties: false,
  examples: [{ error_code: 40403, message: 'Schema 99999 not found.' }],
};
const Version = object({ subject: string, version: integer, id: integer, schema: string });
const Level = object({ compatibilityLevel: { const: 'FULL_TRANSITIVE' } });
const Mode = object({ mode: { const: 'READONLY' } });
const schema = { ...string, description: 'An Avro schema, as text.' };
const Candidate = {
  ...object({ schema, schemaType: { const: 'AVRO' } }, ['schemaType']),
  examples: [{ schema: '{"type":"record","name":"Nothing","namespace":"saidao","fields":[]}' }],
};
const Asked = { ...Candidate, examples: [{ schema: '"string"' }] };
const Judged = object({ is_compatible: { type: 'boolean' }, messages: arrayOf(string) }, [
  'messages',
]);

interface Told {
  readonly body?: object;
  readonly querystring?: object;
  readonly refuses?: readonly (404 | 422)[];
}

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
const WHY = {
  404: { ...ErrorMessage, description: 'There is no such thing: 40401, 40402 or 40403.' },
  422: { ...ErrorMessage, description: 'What is given is none, or would be written: 422….' },
};

function told(operationId: string, summary: string, answer: object, more: Told = {}) {
  const { refuses = [], body, querystring } = more;
  const refused = refuses.map((status) => [status, { ...WHY[status] }]);
  return {
    config: {
      documents: {
        ...(body && { body: { ...body } }),
        ...(querystring && { querystring }),
        response: {
          200: { description: 'It is there.', ...answer },
          ...Object.fromEntries(refused),
          default: { ...ErrorMessage, description: 'Whatever else is refused.' },
        },
      },
    },
    schema: {
      ...{ operationId, summary, tags: ['schemas'], produces: [CONTENT_TYPE] },
      consumes: [CONTENT_TYPE, 'application/json'],
    },
  } satisfies RouteShorthandOptions;
}

const missing: Told = { refuses: [404] };
const judging: Told = {
  body: Candidate,
  refuses: [404, 422],
  querystring: object({ verbose: { ...string, description: '`true`: with the reasons.' } }, [
    'verbose',
  ]),
};

export const documented = {
  root: told('isThere', 'That a registry is here', object({})),
  contexts: told('listContexts', 'The contexts: one', arrayOf(string)),
  types: told('listTypes', 'The kinds of schema: AVRO', arrayOf(string)),
  schema: told('readSchema', 'A schema by its id', object({ schema }), missing),
  schemaAlone: told(
    'readSchemaAlone',
    'A schema by its id, as itself',
    { type: 'object' },
    missing,
  ),
  subjectsOfSchema: told('readSubjectsOfSchema', 'Its subjects', arrayOf(string), missing),
  versionsOfSchema: told(
    'readVersionsOfSchema',
    'Its versions',
    arrayOf(object({ subject: string, version: integer })),
    missing,
  ),
  subjects: told('listSubjects', 'The names of all subjects', arrayOf(string)),
  versions: told('listVersions', 'The versions of a subject', arrayOf(integer), missing),
  version: told('readVersion', 'A version of a subject', Version, { refuses: [404, 422] }),
  versionAlone: told(
    'readVersionAlone',
    'A version, the schema alone',
    { type: 'object' },
    {
      refuses: [404, 422],
    },
  ),
  lookUp: told('lookUpSchema', 'Which version a schema is', Version, {
    body: Asked,
    refuses: [404, 422],
  }),
  register: told(
    'registerSchema',
    'The id of a schema that is there; any other is refused with 42205',
    object({ id: integer }),
    { body: Asked, refuses: [422] },
  ),
  compatible: told('checkVersion', 'Whether a schema agrees with a version', Judged, judging),
  compatibleWithAll: told('checkSubject', 'Whether it agrees with all versions', Judged, judging),
  level: told('readLevel', 'What is asked of a new version', Level),
  levelOf: told('readLevelOfSubject', 'The same, of a subject', Level, missing),
  mode: told('readMode', 'What may be done here: read', Mode),
  modeOf: told('readModeOfSubject', 'The same, of a subject', Mode),
};
