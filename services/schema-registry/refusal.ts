// What the registry refuses, with the codes that clients of Confluent's know.

export class Refusal extends Error {
  readonly errorCode: number;
  /** The first three digits of the code. */
  readonly statusCode: number;

  constructor(errorCode: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.errorCode = errorCode;
    this.statusCode = errorCode < 1_000 ? errorCode : Math.floor(errorCode / 100);
  }
}

export const subjectUnknown = (subject: string) =>
  new Refusal(40401, `Subject '${subject}' not found.`);

export const versionUnknown = (version: string) =>
  new Refusal(40402, `Version ${version} not found.`);

export const schemaUnknown = () => new Refusal(40403, 'Schema not found.');

export const schemaInvalid = (reason: string) =>
  new Refusal(42201, `The schema is no valid Avro: ${reason}.`);

export const versionInvalid = (version: string) =>
  new Refusal(
    42202,
    `The specified version '${version}' is not a valid version id. Allowed values are between ` +
      '[1, 2^31-1] and the string "latest".',
  );

export const readOnly = (what: string) =>
  new Refusal(
    42205,
    `${what} is in read-only mode: schemas come with a release, from packages/schemas.`,
  );
