// For tests and measurements in which nobody is to be asked again because the machine is slow.

const providers = [
  ...['REGISTER', 'ANNUITY', 'VALUATION', 'ENTERPRISE_REGISTRY', 'WATCHLISTS', 'GUARANTOR'],
  ...['CREDIT_BUREAU', 'PERSONS', 'PERSONS_BUREAU', 'TALENTS'],
];

/** Settings by which a worker waits ten seconds for each provider, and a session is longer. */
export const patientProviders: Readonly<Record<string, string>> = {
  SESSION_TIMEOUT_MS: '60s',
  ...Object.fromEntries(providers.map((provider) => [`${provider}_DEADLINE_MS`, '10s'])),
};
