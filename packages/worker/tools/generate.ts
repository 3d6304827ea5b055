// What `npm run generate` makes from this package: docs/errors.md.
import { errorsPage } from './errors-page.ts';

export function generatedFiles(): { path: string; text: string }[] {
  return [{ path: 'docs/errors.md', text: errorsPage() }];
}
