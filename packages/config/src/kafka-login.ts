// How a process logs in to Kafka: by name and password, over TLS, or not at all.
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { boolean, oneOf, secret, text } from './parsers.ts';
import { settings, type SettingsOf } from './settings.ts';

/** Spread into a table of settings beside KAFKA_BROKERS. */
export const kafkaLoginSettings = settings({
  kafkaUser: {
    env: 'KAFKA_USER',
    parse: text,
    optional: true,
    example: 'scoring',
    doc: 'Who logs in to Kafka; left out: nobody, as the broker then has to allow.',
  },
  kafkaPassword: {
    env: 'KAFKA_PASSWORD',
    parse: secret,
    optional: true,
    example: 'a-long-random-text',
    doc: 'The password of KAFKA_USER.',
  },
  kafkaMechanism: {
    env: 'KAFKA_SASL_MECHANISM',
    parse: oneOf('scram-sha-512', 'scram-sha-256', 'plain'),
    default: 'scram-sha-512',
    example: 'scram-sha-256',
    doc: 'How the password of KAFKA_USER is proved.',
  },
  kafkaTls: {
    env: 'KAFKA_TLS',
    parse: boolean,
    default: 'false',
    example: 'true',
    doc: 'Whether connections to Kafka are TLS.',
  },
  kafkaCaFile: {
    env: 'KAFKA_CA_FILE',
    parse: text,
    optional: true,
    example: '/etc/saidao/kafka-ca.pem',
    doc: 'PEM of the authorities that Kafka’s certificates are checked by; left out: Node’s own.',
  },
});

export interface KafkaLogin {
  readonly ssl?: ConnectionOptions;
  readonly sasl?: Password;
}

/** One for each mechanism, as kafkajs takes it. */
type Password = {
  readonly [Mechanism in 'scram-sha-512' | 'scram-sha-256' | 'plain']: {
    readonly mechanism: Mechanism;
    readonly username: string;
    readonly password: string;
  };
}['scram-sha-512' | 'scram-sha-256' | 'plain'];

/** Sentences that name what contradicts itself; for `check` of `readSettings`. */
export function faultsOfLogin(read: SettingsOf<typeof kafkaLoginSettings>): string[] {
  const { kafkaUser, kafkaPassword, kafkaTls, kafkaMechanism, kafkaCaFile } = read;
  const faults: string[] = [];
  if ((kafkaUser === undefined) !== (kafkaPassword === undefined)) {
    faults.push('KAFKA_USER and KAFKA_PASSWORD go together: set both or neither.');
  }
  if (kafkaCaFile !== undefined && !kafkaTls) {
    faults.push('KAFKA_CA_FILE is set, but KAFKA_TLS is not true: nothing would be checked by it.');
  }
  if (kafkaUser !== undefined && kafkaMechanism === 'plain' && !kafkaTls) {
    faults.push('KAFKA_SASL_MECHANISM plain sends the password as it is: set KAFKA_TLS=true too.');
  }
  return faults;
}

/** Throws where the file of authorities cannot be read. */
export function loginOf(read: SettingsOf<typeof kafkaLoginSettings>): KafkaLogin {
  const { kafkaUser, kafkaPassword, kafkaTls, kafkaMechanism, kafkaCaFile } = read;
  return {
    ...(kafkaTls && { ssl: kafkaCaFile === undefined ? {} : { ca: authoritiesIn(kafkaCaFile) } }),
    ...(kafkaUser !== undefined &&
      kafkaPassword !== undefined && {
        sasl: {
          mechanism: kafkaMechanism,
          username: kafkaUser,
          password: kafkaPassword.reveal(),
        } as Password,
      }),
  };
}

function authoritiesIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`KAFKA_CA_FILE cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
