// Where webhooks may lead, however an address is spelled.
import { describe, expect, it, test } from 'vitest';
import { faultOfUrl, mayConnectTo, networkOf, type AddressRules } from './addresses.ts';

const rules: AddressRules = { networks: [], ports: [443], http: false };
const inner: AddressRules = { ...rules, networks: [networkOf('10.20.0.0/16')] };

describe('an address', () => {
  test.each(['8.8.8.8', '203.119.1.1', '2400:3200::1', '::ffff:8.8.8.8'])('%s is public', (one) => {
    expect(mayConnectTo(one, rules)).toBe(true);
  });

  test.each([
    ['this machine', ['127.0.0.1', '127.8.9.1', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1']],
    ['an inner network', ['10.0.0.1', '172.16.0.1', '192.168.1.1', 'fd00::1', 'fec0::1']],
    ['a link', ['169.254.1.1', 'fe80::1', 'fe80::1%eth0']],
    ['what a cloud tells its machines', ['169.254.169.254', '168.63.129.16', 'fd00:ec2::254']],
    ['the same inside a carrier', ['100.64.0.1', '100.100.100.200', '192.0.0.192']],
    ['everybody, or many', ['255.255.255.255', '224.0.0.1', 'ff02::1']],
    ['an address in an address', ['::ffff:10.0.0.1', '64:ff9b::a00:1', '2002:a00:1::', '::a00:1']],
    ['nothing that is given to anybody', ['240.0.0.1', '198.18.0.1', '203.0.113.1', '2001:db8::1']],
    ['no address', ['', 'localhost', '8.8.8.8.8', '8.8.8.8:443']],
  ])('of %s is not', (_what, addresses) => {
    for (const one of addresses) expect(mayConnectTo(one, rules), one).toBe(false);
  });

  it('of a network that is allowed is taken, and of none beside it', () => {
    expect(mayConnectTo('10.20.3.4', inner)).toBe(true);
    expect(mayConnectTo('::ffff:10.20.3.4', inner)).toBe(true);
    expect(mayConnectTo('10.21.0.1', inner)).toBe(false);
    expect(mayConnectTo('fd00::1', inner)).toBe(false);
  });
});

describe('a URL', () => {
  test.each([
    ['https://risk.bank.example/hooks?of=1', undefined],
    ['https://8.8.8.8/', undefined],
    ['http://risk.bank.example/', 'has to begin with https://'],
    ['ftp://risk.bank.example/', 'has to begin with https://'],
    ['file:///etc/passwd', 'has to begin with https://'],
    ['not a url', 'has to be an absolute URL'],
    ['https://user:secret@risk.bank.example/', 'may hold no user and no password'],
    ['https://risk.bank.example/#top', 'may have no fragment'],
    ['https://risk.bank.example:6379/', 'may not lead to port 6379, but to 443'],
    ['https://127.0.0.1/', 'leads to an address that is not public'],
    ['https://2130706433/', 'leads to an address that is not public'],
    ['https://0x7f.1/', 'leads to an address that is not public'],
    ['https://127.1/', 'leads to an address that is not public'],
    ['https://[::1]/', 'leads to an address that is not public'],
    ['https://[::ffff:169.254.169.254]/', 'leads to an address that is not public'],
  ])('%s: %s', (url, fault) => expect(faultOfUrl(url, rules)).toBe(fault));

  it('has an end', () => {
    expect(faultOfUrl(`https://risk.bank.example/${'a'.repeat(2_048)}`, rules)).toBeDefined();
  });

  it('may be without TLS, and lead to any port, where that is allowed', () => {
    const local = { networks: [networkOf('127.0.0.0/8')], ports: [0], http: true };
    expect(faultOfUrl('http://127.0.0.1:9999/', local)).toBe(undefined);
  });
});
