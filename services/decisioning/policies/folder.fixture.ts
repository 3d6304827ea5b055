// A copy of the policies for a spec, in which versions can be written and put in force.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addDays } from '@saidao/values';
import { digestOf, policyFolder, readPolicy } from '../adapters/policy-files.ts';
import type { Product } from '../assessment/policy.ts';
import type { Manifest } from './document.ts';
import { firstEntry, runOf } from './register.fixture.ts';
import type { PolicyEntry, PolicyRegister } from './register.ts';

export class PolicyFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'saidao-policies-'));

  constructor() {
    cpSync(policyFolder, this.path, { recursive: true });
  }

  json<T>(file: string): T {
    return JSON.parse(readFileSync(join(this.path, file), 'utf8')) as T;
  }

  write(file: string, content: object): void {
    writeFileSync(join(this.path, file), JSON.stringify(content, null, 2));
  }

  /** The lender's second version: the first with other products, or more of them. */
  addSecond(
    lenderId: string,
    products: readonly Product[],
    entry: Partial<PolicyEntry> = {},
  ): string {
    const first = this.json<Manifest>(`${lenderId}.v1.json`);
    const written = products.map((product) => {
      const path = `products/${product.id.toLowerCase()}.${lenderId}.v2.json`;
      this.write(path, product);
      return { path, id: product.id };
    });
    const kept = first.products.filter((path) => {
      const { id } = this.json<Product>(path);
      return written.every((one) => one.id !== id);
    });
    const all = [...kept, ...written.map(({ path }) => path)];
    this.write(`${lenderId}.v2.json`, { ...first, version: 2, products: all });
    return this.enter(`${lenderId}@2`, `${lenderId}.v2.json`, entry);
  }

  /** Puts a version in the register, with all that it needs. */
  enter(ref: string, file: string, entry: Partial<PolicyEntry> = {}): string {
    const digest = digestOf(readPolicy(this.path, file));
    this.change(ref, { ...firstEntry, file, digest, testRun: runOf(digest), ...entry });
    return ref;
  }

  /** The champion before ends with the day before. */
  end(ref: string, nextFrom: string): void {
    const entry = this.json<PolicyRegister>('register.json').policies[ref]!;
    this.change(ref, { ...entry, status: 'retired', validTo: addDays(nextFrom, -1) });
  }

  change(ref: string, entry: PolicyEntry): void {
    const register = this.json<PolicyRegister>('register.json');
    const policies = { ...register.policies, [ref]: entry };
    this.write('register.json', { ...register, policies });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
