// Settings of tracing, under the names that OpenTelemetry gives them.
import { listOf, oneOf, secretOf, settings, textLike, url, type SettingsOf } from '@saidao/config';

const headerForm = textLike(/^[^\s=]+=\S+$/, 'a header as name=value');

/** A part of every worker's table. */
export const tracingSettings = settings({
  otlpEndpoint: {
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    parse: url,
    optional: true,
    example: 'http://localhost:4318',
    doc: 'Collector that takes traces by OTLP over HTTP; left out: none are made.',
  },
  otlpHeaders: {
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    parse: secretOf(listOf(headerForm)),
    optional: true,
    example: 'authorization=Bearer%20a-long-random-text',
    doc: 'Headers for the collector, values percent-encoded.',
  },
  tracesSampler: {
    env: 'OTEL_TRACES_SAMPLER',
    parse: oneOf(
      'parentbased_always_on',
      'parentbased_traceidratio',
      'parentbased_always_off',
      'always_on',
      'traceidratio',
      'always_off',
    ),
    default: 'parentbased_always_on',
    example: 'parentbased_traceidratio',
    doc: 'Which traces are recorded; the same for every worker.',
  },
  tracesSamplerArg: {
    env: 'OTEL_TRACES_SAMPLER_ARG',
    parse: textLike(/^(?:0(?:\.\d+)?|1(?:\.0+)?)$/, 'a ratio from 0 to 1'),
    default: '1',
    example: '0.1',
    doc: 'The share of traces that a sampler by ratio records.',
  },
});

export type TracingSettings = SettingsOf<typeof tracingSettings>;
export type SamplerName = TracingSettings['tracesSampler'];
