// Spans as a collector reads them from a request by OTLP.
import protobuf from 'protobufjs';

export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  /** As OTLP numbers them: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly isError: boolean;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentSpanId: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly events: readonly ReceivedEvent[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

export interface ReceivedEvent {
  readonly name: string;
  readonly timeMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
}

// Of opentelemetry-proto (trace/v1, collector/trace/v1) what is looked at.
const { root } = protobuf.parse(
  `syntax = "proto3";
   message Request { repeated ResourceSpans resource_spans = 1; }
   message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
   message Resource { repeated KeyValue attributes = 1; }
   message ScopeSpans { repeated Span spans = 2; }
   message Span {
     bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5;
     int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
     repeated KeyValue attributes = 9; repeated Event events = 11; repeated Link links = 13;
     Status status = 15;
   }
   message Event {
     fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3;
   }
   message Link { bytes trace_id = 1; bytes span_id = 2; }
   message Status { int32 code = 3; }
   message KeyValue { string key = 1; AnyValue value = 2; }
   message AnyValue { oneof value { string string_value = 1; int64 int_value = 3; } }`,
);
const Request = root.lookupType('Request');

interface Decoded {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Pair[] };
    readonly scopeSpans: readonly { readonly spans: readonly DecodedSpan[] }[];
  }[];
}
interface Pair {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}
interface DecodedSpan {
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  readonly parentSpanId: Buffer;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: number;
  readonly endTimeUnixNano: number;
  readonly attributes: readonly Pair[];
  readonly events: readonly {
    readonly timeUnixNano: number;
    readonly name: string;
    readonly attributes: readonly Pair[];
  }[];
  readonly links: readonly { readonly traceId: Buffer; readonly spanId: Buffer }[];
  readonly status: { readonly code: number } | null;
}

/** Of an ExportTraceServiceRequest. */
export function spansIn(body: Uint8Array): ReceivedSpan[] {
  const decoded = Request.toObject(Request.decode(body), {
    ...{ longs: Number, arrays: true, defaults: true, oneofs: false },
  }) as Decoded;
  return decoded.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource.attributes)['service.name']);
    return scopeSpans.flatMap((scope) => scope.spans.map((span) => receivedOf(span, service)));
  });
}

function receivedOf(span: DecodedSpan, service: string): ReceivedSpan {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return {
    service,
    ...{ name: span.name, kind: span.kind, isError: span.status?.code === 2 },
    ...{ traceId: hex(span.traceId), spanId: hex(span.spanId) },
    parentSpanId: hex(span.parentSpanId),
    startMs: span.startTimeUnixNano / 1e6,
    endMs: span.endTimeUnixNano / 1e6,
    attributes: attributesOf(span.attributes),
    events: span.events.map(({ timeUnixNano, name, attributes }) => ({
      ...{ name, timeMs: timeUnixNano / 1e6, attributes: attributesOf(attributes) },
    })),
    links: span.links.map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
  };
}

function attributesOf(pairs: readonly Pair[]): Record<string, string | number> {
  return Object.fromEntries(
    pairs.map(({ key, value }) => [key, value.stringValue || (value.intValue ?? '')]),
  );
}
