// A broker that asks who is there: logins by SCRAM, over TLS if it has a certificate, and rights.
import { KAFKA_ADMIN } from './kafka-admin.ts';

export interface KafkaGuard {
  /** Passwords by name; one of them is KAFKA_ADMIN, who may do anything. */
  readonly users: Readonly<Record<string, string>>;
  /** PEM; left out: no TLS, so that passwords are proved and all else is in the open. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly authority: string };
}

/** Peers and controllers of a local broker are alone on their listeners, and have no login. */
const UNNAMED = 'ANONYMOUS';

export function protocolOf(guard: KafkaGuard | undefined): string {
  if (guard === undefined) return 'PLAINTEXT';
  return guard.tls === undefined ? 'SASL_PLAINTEXT' : 'SASL_SSL';
}

export function guardSettings(guard: KafkaGuard): string[] {
  return [
    'sasl.enabled.mechanisms=SCRAM-SHA-512',
    'listener.name.client.scram-sha-512.sasl.jaas.config=' +
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    `super.users=User:${KAFKA_ADMIN};User:${UNNAMED}`,
    'allow.everyone.if.no.acl.found=false',
    ...(guard.tls === undefined
      ? []
      : [
          'listener.name.client.ssl.keystore.type=PEM',
          `listener.name.client.ssl.keystore.certificate.chain=${inOneLine(guard.tls.certificate)}`,
          `listener.name.client.ssl.keystore.key=${inOneLine(guard.tls.key)}`,
        ]),
  ];
}

/** Arguments of the tool that formats the storage: logins have to be there before the start. */
export function scramArguments({ users }: KafkaGuard): string[] {
  return Object.entries(users).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);
}

function inOneLine(pem: string): string {
  return pem.trim().replaceAll('\n', '\\n');
}
