// A collector for tests, a process of its own: takes spans by OTLP over HTTP and gives them as JSON.
import { createServer } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import protobuf from 'protobufjs';
import type { ReceivedSpan } from './otlp-receiver.ts';

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
     repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15;
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
  readonly links: readonly { readonly traceId: Buffer; readonly spanId: Buffer }[];
  readonly status: { readonly code: number } | null;
}

// Decoded when they are asked for: in a bench nobody does.
const bodies: Buffer[] = [];
let isMute = false;

function spans(): ReceivedSpan[] {
  return bodies.flatMap((body) => {
    const decoded = Request.toObject(Request.decode(body), {
      ...{ longs: Number, arrays: true, defaults: true, oneofs: false },
    }) as Decoded;
    return decoded.resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const service = String(attributesOf(resource.attributes)['service.name']);
      return scopeSpans.flatMap((scope) => scope.spans.map((span) => receivedOf(span, service)));
    });
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
    links: span.links.map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
  };
}

function attributesOf(pairs: readonly Pair[]): Record<string, string | number> {
  return Object.fromEntries(
    pairs.map(({ key, value }) => [key, value.stringValue || (value.intValue ?? '')]),
  );
}

const server = createServer((request, response) => {
  void (async () => {
    if (request.url === '/count') {
      response.end(String(spans().length));
    } else if (request.method === 'GET') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(spans()));
    } else if (request.url === '/mute') {
      isMute = (await text(request)) === 'true';
      response.end();
    } else {
      const body = await buffer(request);
      // As one that hangs: it takes all and never answers.
      if (isMute) return;
      bodies.push(body);
      response.setHeader('content-type', 'application/x-protobuf');
      response.end();
    }
  })();
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify(server.address())}\n`);
});
// It ends with whoever started it.
process.stdin.resume().on('end', () => process.exit(0));
