// Spans as OTLP has them in protobuf, written as they end: bytes to keep until they go, no objects.
import { PbfWriter } from 'pbf';
import { spanIdOf, traceIdOf } from './trace-context.ts';
import type { EndedSpan, SpanAttributes, SpanEvent } from './tracing.ts';

// Of opentelemetry-proto: collector/trace/v1, trace/v1, resource/v1 and common/v1.
const REQUEST = { resourceSpans: 1 } as const;
const RESOURCE_SPANS = { resource: 1, scopeSpans: 2 } as const;
const SCOPE_SPANS = { scope: 1, spans: 2 } as const;
const RESOURCE = { attributes: 1 } as const;
const SCOPE = { name: 1 } as const;
const SPAN = {
  ...{ traceId: 1, spanId: 2, parentSpanId: 4, name: 5, kind: 6, start: 7, end: 8 },
  ...{ attributes: 9, events: 11, links: 13, status: 15, flags: 16 },
} as const;
const EVENT = { time: 1, name: 2, attributes: 3 } as const;
const LINK = { traceId: 1, spanId: 2, flags: 6 } as const;
const STATUS = { code: 3 } as const;
const STATUS_ERROR = 2;
const KEY_VALUE = { key: 1, value: 2 } as const;
const ANY_VALUE = { string: 1, int: 3, double: 4 } as const;
const KINDS = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
/** The wire type of what has a length. */
const BYTES = 2;

/** Of each attribute so many values are kept as they are written; one with more is an id. */
const KEPT_VALUES_MAX = 64;
/** Of the words that are kept as they are written. */
const WORDS_MAX = 256;
/** About what a request of a busy worker takes. */
const BYTES_FIRST = 256 * 1024;

export class SpanBatch {
  readonly #resource: Uint8Array;
  readonly #scope: Uint8Array;
  /** By attribute: its values as they are written, or null where they are too many. */
  readonly #kept = new Map<string, Map<string, Uint8Array> | null>();
  #writer = new PbfWriter(new Uint8Array(BYTES_FIRST));
  #count = 0;

  constructor(resource: Readonly<Record<string, string>>, scope: string) {
    this.#resource = written(RESOURCE_SPANS.resource, (writer) => {
      for (const pair of Object.entries(resource)) {
        writer.writeMessage(RESOURCE.attributes, writeKeyValue, pair);
      }
    });
    this.#scope = written(SCOPE_SPANS.scope, (writer) => writeText(writer, SCOPE.name, scope));
  }

  get count(): number {
    return this.#count;
  }

  add(span: EndedSpan): void {
    this.#writer.writeMessage(SCOPE_SPANS.spans, this.#write, span);
    this.#count += 1;
  }

  /** An ExportTraceServiceRequest of all since the last one. */
  take(): Uint8Array {
    const spans = this.#writer.finish();
    this.#writer = new PbfWriter(new Uint8Array(BYTES_FIRST));
    this.#count = 0;
    const scopeSpans = [this.#scope, spans];
    const resourceSpans = [this.#resource, headOf(RESOURCE_SPANS.scopeSpans, scopeSpans)];
    const all = [...resourceSpans, ...scopeSpans];
    return Buffer.concat([headOf(REQUEST.resourceSpans, all), ...all]);
  }

  readonly #write = (span: EndedSpan, writer: PbfWriter): void => {
    const { trace, parentSpanId, name, kind, startMs, endMs, error } = span;
    writer.writeBytesField(SPAN.traceId, bytesOf(traceIdOf(trace)));
    writer.writeBytesField(SPAN.spanId, bytesOf(spanIdOf(trace)));
    if (parentSpanId !== undefined) {
      writer.writeBytesField(SPAN.parentSpanId, bytesOf(parentSpanId));
    }
    writeWord(writer, SPAN.name, name);
    writer.writeVarintField(SPAN.kind, KINDS[kind]);
    writer.writeFixed64Field(SPAN.start, startMs * 1e6);
    writer.writeFixed64Field(SPAN.end, endMs * 1e6);
    this.#attributes(writer, SPAN.attributes, span.attributes);
    if (error !== undefined) this.#attribute(writer, SPAN.attributes, 'error.type', error);
    for (const event of span.events ?? NONE) {
      writer.writeMessage(SPAN.events, this.#writeEvent, event);
    }
    for (const link of span.links ?? NONE) writer.writeMessage(SPAN.links, writeLink, link);
    if (error !== undefined) writer.writeMessage(SPAN.status, writeStatus, STATUS_ERROR);
    writer.writeFixed32Field(SPAN.flags, flagsOf(trace));
  };

  readonly #writeEvent = ({ name, timeMs, attributes }: SpanEvent, writer: PbfWriter): void => {
    writer.writeFixed64Field(EVENT.time, timeMs * 1e6);
    writeWord(writer, EVENT.name, name);
    if (attributes !== undefined) this.#attributes(writer, EVENT.attributes, attributes);
  };

  #attributes(writer: PbfWriter, field: number, attributes: SpanAttributes): void {
    for (const key in attributes) {
      const value = attributes[key];
      if (value !== undefined) this.#attribute(writer, field, key, value);
    }
  }

  #attribute(writer: PbfWriter, field: number, key: string, value: string | number): void {
    const bytes = typeof value === 'string' ? this.#asWritten(key, value) : undefined;
    if (bytes !== undefined) writer.writeBytesField(field, bytes);
    else writer.writeMessage(field, writeKeyValue, [key, value]);
  }

  #asWritten(key: string, value: string): Uint8Array | undefined {
    let values = this.#kept.get(key);
    if (values === null) return undefined;
    if (values === undefined) this.#kept.set(key, (values = new Map()));
    let bytes = values.get(value);
    if (bytes === undefined) {
      const writer = new PbfWriter();
      writeKeyValue([key, value], writer);
      bytes = writer.finish();
      if (values.size < KEPT_VALUES_MAX) values.set(value, bytes);
      else this.#kept.set(key, null);
    }
    return bytes;
  }
}

const NONE: readonly never[] = [];

function writeLink(link: string, writer: PbfWriter): void {
  writer.writeBytesField(LINK.traceId, bytesOf(traceIdOf(link)));
  writer.writeBytesField(LINK.spanId, bytesOf(spanIdOf(link)));
  writer.writeFixed32Field(LINK.flags, flagsOf(link));
}

function writeStatus(code: number, writer: PbfWriter): void {
  writer.writeVarintField(STATUS.code, code);
}

function flagsOf(traceparent: string): number {
  return Number.parseInt(traceparent.slice(53), 16);
}

type KeyValue = readonly [key: string, value: string | number];

function writeKeyValue([key, value]: KeyValue, writer: PbfWriter): void {
  writeWord(writer, KEY_VALUE.key, key);
  writer.writeMessage(KEY_VALUE.value, writeAnyValue, value);
}

/** Not by pbf's own way: 5.1.2 makes another character of each one from U+20000 on. */
function writeText(writer: PbfWriter, field: number, text: string): void {
  writer.writeBytesField(field, Buffer.from(text));
}

/** Names of spans, events and attributes, which are few. */
const words = new Map<string, Uint8Array>();

function writeWord(writer: PbfWriter, field: number, word: string): void {
  let bytes = words.get(word);
  if (bytes === undefined) {
    bytes = Buffer.from(word);
    if (words.size < WORDS_MAX) words.set(word, bytes);
  }
  writer.writeBytesField(field, bytes);
}

function writeAnyValue(value: string | number, writer: PbfWriter): void {
  if (typeof value === 'string') writeText(writer, ANY_VALUE.string, value);
  else if (Number.isSafeInteger(value)) writer.writeVarintField(ANY_VALUE.int, value);
  else writer.writeDoubleField(ANY_VALUE.double, value);
}

const TRACE_ID = new Uint8Array(16);
const SPAN_ID = new Uint8Array(8);

/** Of hexadecimal digits in small letters; overwritten by the next of that length. */
function bytesOf(hex: string): Uint8Array {
  const bytes = hex.length === 32 ? TRACE_ID : SPAN_ID;
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = (digitAt(hex, 2 * at) << 4) | digitAt(hex, 2 * at + 1);
  }
  return bytes;
}

function digitAt(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}

function written(field: number, write: (writer: PbfWriter) => void): Uint8Array {
  const writer = new PbfWriter();
  writer.writeMessage(field, (_none, inner) => write(inner), undefined);
  return writer.finish();
}

/** What goes before the parts of a message to make them a field of another. */
function headOf(field: number, parts: readonly Uint8Array[]): Uint8Array {
  const writer = new PbfWriter();
  writer.writeTag(field, BYTES);
  writer.writeVarint(parts.reduce((sum, part) => sum + part.length, 0));
  return writer.finish();
}
