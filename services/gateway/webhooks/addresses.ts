// Where webhooks may lead: to the outside, and to nothing that is near the gateway.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface AddressRules {
  /** Networks that are allowed although they are not public: an inner one on purpose. */
  readonly networks: readonly Network[];
  /** 0 among them: any. */
  readonly ports: readonly number[];
  /** Without TLS; for trying out. */
  readonly http: boolean;
}

export type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

/** Public by their numbers, and yet what a cloud serves its own machines from. */
const SERVED_TO_MACHINES: readonly Network[] = [ipaddr.parseCIDR('168.63.129.16/32')];

/** All that has been given out of IPv6; what lies outside may wrap an address of IPv4. */
const GLOBAL_V6 = ipaddr.parseCIDR('2000::/3');

/** Throws where it is no network, as 10.1.0.0/16. */
export function networkOf(text: string): Network {
  return ipaddr.parseCIDR(text);
}

/** What is wrong with an address as it is written; undefined: nothing. Names are not looked up. */
export function faultOfUrl(text: string, rules: AddressRules): string | undefined {
  if (text.length > 2_048 || !URL.canParse(text)) return 'has to be an absolute URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(rules.http && url.protocol === 'http:')) {
    return 'has to begin with https://';
  }
  if (url.username !== '' || url.password !== '') return 'may hold no user and no password';
  if (url.hash !== '') return 'may have no fragment';
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  if (!rules.ports.includes(0) && !rules.ports.includes(port)) {
    return `may not lead to port ${port}, but to ${rules.ports.join(', ')}`;
  }
  const host = hostOf(url);
  if (isIP(host) !== 0 && !mayConnectTo(host, rules)) return NOT_PUBLIC;
  return undefined;
}

export const NOT_PUBLIC = 'leads to an address that is not public';

/** The host of a URL; an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Of an address in numbers, whatever name led to it. */
export function mayConnectTo(address: string, rules: AddressRules): boolean {
  if (!ipaddr.isValid(address)) return false;
  // `::ffff:127.0.0.1` is 127.0.0.1; what else wraps one address in another is no unicast.
  const parsed = ipaddr.process(address);
  if (isIn(parsed, rules.networks)) return true;
  if (parsed.kind() === 'ipv6' && !isIn(parsed, [GLOBAL_V6])) return false;
  return parsed.range() === 'unicast' && !isIn(parsed, SERVED_TO_MACHINES);
}

function isIn(address: ipaddr.IPv4 | ipaddr.IPv6, networks: readonly Network[]): boolean {
  return networks.some(
    ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
  );
}
