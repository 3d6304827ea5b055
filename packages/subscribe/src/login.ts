// How a team logs in to Kafka: by the variables that every process of Saidao takes.
import {
  faultsOfLogin,
  kafkaLoginSettings,
  loginOf,
  readSettings,
  type Environment,
  type KafkaLogin,
} from '@saidao/config';

/**
 * What to spread into the options of `connectKafka`: KAFKA_USER, KAFKA_PASSWORD,
 * KAFKA_SASL_MECHANISM, KAFKA_TLS and KAFKA_CA_FILE, such as `process.env` has them; nothing where
 * none is set. ConfigError: what is wrong with them; another error: the file cannot be read.
 */
export function kafkaLogin(environment: Environment): KafkaLogin {
  return loginOf(readSettings(kafkaLoginSettings, environment, faultsOfLogin));
}
