// What the chart has to know of the catalogue: which lines a service has, and what each takes in.
import { inputsOfServices } from '../src/index.ts';

export function generatedFiles(): { path: string; text: string }[] {
  const text = `${JSON.stringify(inputsOfServices(), null, 2)}\n`;
  return [{ path: 'infra/helm/saidao/files/catalogue.json', text }];
}
