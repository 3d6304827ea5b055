// Java's Avro as a judge of compatibility: fetched from Maven Central once, run as a program.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AvroSchema } from '@saidao/schemas';
import { javaProgram } from '@saidao/testkit';

const ORACLE = join(import.meta.dirname, 'oracle');

export interface JavaAvroOptions {
  /** Finds `java` and `mvn`. */
  readonly environment: NodeJS.ProcessEnv;
  /** Where what was fetched is kept. */
  readonly cache: string;
}

/** Two schemas that are to read each other. */
export type Pair = readonly [AvroSchema, AvroSchema];

/** For each pair whether Java lets both read what the other has written. */
export async function readEachOther(
  pairs: readonly Pair[],
  options: JavaAvroOptions,
): Promise<boolean[]> {
  const numbers = new Map<string, number>();
  const questions: string[] = [];
  const numberOf = (schema: AvroSchema): number => {
    const json = JSON.stringify(schema);
    if (!numbers.has(json)) numbers.set(json, numbers.size);
    return numbers.get(json)!;
  };
  for (const [one, other] of pairs) {
    const [first, second] = [numberOf(one), numberOf(other)];
    questions.push(`ask ${first} ${second}`, `ask ${second} ${first}`);
  }
  const schemas = [...numbers.keys()].map((json) => `schema ${json}`);
  const said = await answersOf([...schemas, ...questions], options);
  if (said.length !== questions.length) throw new Error(`Java answered ${said.length} times.`);
  return pairs.map((_pair, at) => said[2 * at] === 'true' && said[2 * at + 1] === 'true');
}

async function answersOf(lines: readonly string[], options: JavaAvroOptions): Promise<string[]> {
  const { java, classpath } = await javaProgram({ ...options, pom: join(ORACLE, 'pom.xml') });
  const child = spawn(java, ['-cp', classpath, join(ORACLE, 'Compatibility.java')], {
    env: options.environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  child.stdin.end(`${lines.join('\n')}\n`);
  const [code, out, complaints] = await Promise.all([
    ended,
    text(child.stdout),
    text(child.stderr),
  ]);
  if (code !== 0) throw new Error(`Java ended with ${code}: ${complaints}`);
  return out.trim().split('\n');
}
