// What `npm run generate` makes from this package: docs/errors.md and docs/metrics.md.
import { errorsPage } from './errors-page.ts';
import { metricsPage } from './metrics-page.ts';

export function generatedFiles(): { path: string; text: string }[] {
  return [
    { path: 'docs/errors.md', text: errorsPage() },
    { path: 'docs/metrics.md', text: metricsPage() },
  ];
}
