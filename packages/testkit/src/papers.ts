// Holds a door to its papers: each answer has to be one that its OpenAPI document describes.
import type { HttpServer } from '@saidao/worker';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

interface Media {
  readonly schema?: object;
  readonly example?: unknown;
}

interface Answered {
  readonly description?: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answered | { readonly $ref: string }>>;
}

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses?: Readonly<Record<string, Answered>> };
}

export interface Answer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** From now on `inject` fails where an answer is not in the papers that the app serves itself. */
export function holdToPapers(app: HttpServer['app']): void {
  const inject = app.inject.bind(app) as (asked: unknown) => Promise<Injected>;
  const papers = app.swagger() as unknown as OpenApi;
  const held = async (asked: string | { method?: string; url: string }) => {
    const answer = await inject(asked);
    const { method = 'GET', url } = typeof asked === 'string' ? { url: asked } : asked;
    const { statusCode: status, headers, body } = answer;
    assertAnswer(papers, { method, url, status, headers, body });
    return answer;
  };
  app.inject = held as unknown as typeof app.inject;
}

/** The papers of a running process; fails where what it answered is not in them. */
export async function papersAt(
  address: string,
): Promise<
  (asked: { readonly method: string; readonly url: string }, of: Response, body: string) => void
> {
  const papers = (await (await fetch(`${address}/openapi.json`)).json()) as OpenApi;
  return (asked, { status, headers }, body) => {
    assertAnswer(papers, { ...asked, status, headers: Object.fromEntries(headers), body });
  };
}

function assertAnswer(papers: OpenApi, answer: Answer): void {
  const faults = faultsOfAnswer(papers, answer);
  const { method, url, body } = answer;
  if (faults.length > 0) throw new Error(`${method} ${url}: ${faults.join('; ')}\n${body}`);
}

interface Injected {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** What of an answer is not as the document has it: its status, a header or its body. */
export function faultsOfAnswer(papers: OpenApi, answer: Answer): string[] {
  const { method, status, headers, body } = answer;
  const operation = operationOf(papers, method, answer.url);
  // What is not there, or not to be done there, is refused; it has no papers.
  if (operation === undefined) return status >= 400 ? [] : ['the papers do not know it'];
  const told = operation.responses[status] ?? operation.responses['default'];
  if (told === undefined) return [`${operation.operationId} does not document ${status}`];
  const { headers: promised = {}, content = {} } = responseOf(papers, told);
  const missing = status < 400 ? [] : Object.keys(promised).filter((one) => !(one in headers));
  if (body === '' && Object.keys(content).length === 0) return missing;
  const type = String(headers['content-type']).split(';')[0] ?? '';
  const media = content[type];
  if (media === undefined) return [...missing, `${status} as ${type} is not documented`];
  const schema = media.schema;
  if (schema === undefined || !/json$/.test(type)) return missing;
  return [...missing, ...faultsOfValue(papers, schema, JSON.parse(body))];
}

/** By Ajv; an object may have no property that the document does not name. */
export function faultsOfValue(papers: OpenApi, schema: object, value: unknown): string[] {
  const validate = validatorOf(papers, schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`,
  );
}

/** Compiled once for each schema: a spec gets the same answers many times. */
const validators = new WeakMap<object, ValidateFunction>();

function validatorOf({ components }: OpenApi, schema: object): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const { schemas } = closed(components) as { schemas?: object };
  const validate = ajv.compile({ ...(closed(schema) as object), components: { schemas } });
  validators.set(schema, validate);
  return validate;
}

/** Every request body that the document gives as an example. */
export function examplesOf(
  papers: OpenApi,
): { path: string; operation: Operation; body: object }[] {
  return operationsOf(papers).flatMap(({ path, operation }) =>
    Object.values(operation.requestBody?.content ?? {})
      .slice(0, 1)
      .flatMap(({ example }) =>
        example === undefined ? [] : [{ path, operation, body: example as object }],
      ),
  );
}

export function operationsOf(
  papers: OpenApi,
): { method: string; path: string; operation: Operation }[] {
  return Object.entries(papers.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
}

export function responseOf(papers: OpenApi, told: Answered | { readonly $ref: string }): Answered {
  if (!('$ref' in told)) return told;
  const name = told.$ref.split('/').at(-1) ?? '';
  const found = papers.components.responses?.[name];
  if (found === undefined) throw new Error(`The papers have no ${told.$ref}.`);
  return found;
}

function operationOf(papers: OpenApi, method: string, url: string): Operation | undefined {
  const path = (url.split('?')[0] ?? '').replace(/\/{2,}/g, '/');
  const fits = (template: string) =>
    new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}/?$`).test(path);
  const found = Object.keys(papers.paths).filter(fits);
  // The one with the fewest parameters says it best.
  const [best] = found.toSorted((one, other) => one.split('{').length - other.split('{').length);
  return best === undefined ? undefined : papers.paths[best]?.[method.toLowerCase()];
}

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, closed(value)]),
  );
  const isOpen = typeof inner['properties'] === 'object' && !('additionalProperties' in inner);
  return isOpen && inner['type'] === 'object' ? { ...inner, additionalProperties: false } : inner;
}
