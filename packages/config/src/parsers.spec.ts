// Parsers of settings: what each takes, what it refuses and in which words.
import { describe, expect, test } from 'vitest';
import {
  boolean,
  date,
  durationMs,
  durationMsBetween,
  hostPort,
  hostPortList,
  integer,
  json,
  list,
  listOf,
  oneOf,
  port,
  secret,
  secretOf,
  SettingFault,
  text,
  textLike,
  url,
  urlList,
  urlWith,
  type Parser,
} from './parsers.ts';
import { Secret } from './secret.ts';

const array = json<readonly unknown[]>((value) => {
  if (!Array.isArray(value)) throw new Error('has to be an array');
  return value;
}, 'a JSON array');

describe('takes', () => {
  test.each<[string, Parser<unknown>, string, unknown]>([
    ['text', text, 'any thing', 'any thing'],
    ['textLike', textLike(/^[a-z-]+$/, 'small letters'), 'exim-zj', 'exim-zj'],
    ['integer', integer(), '-12', -12],
    ['integer', integer(1, 5), '5', 5],
    ['port', port, '0', 0],
    ['port', port, '65535', 65_535],
    ['url', url, 'http://localhost:8086/', 'http://localhost:8086'],
    ['url', url, 'https://a.example/api', 'https://a.example/api'],
    ['urlWith', urlWith('redis', 'rediss'), 'redis://:pw@h:6379/0', 'redis://:pw@h:6379/0'],
    ['urlList', urlList, 'http://a, http://b/', ['http://a', 'http://b']],
    ['hostPort', hostPort, 'kafka-1:9092', 'kafka-1:9092'],
    ['hostPort', hostPort, '[::1]:9092', '[::1]:9092'],
    ['hostPortList', hostPortList, 'a:1,b:2', ['a:1', 'b:2']],
    ['list', list, 'exim-zj , boc-zj', ['exim-zj', 'boc-zj']],
    ['listOf', listOf(integer(0)), '3,1,2', [3, 1, 2]],
    ['durationMs', durationMs, '800', 800],
    ['durationMs', durationMs, '250ms', 250],
    ['durationMs', durationMs, '10s', 10_000],
    ['durationMs', durationMs, '5m', 300_000],
    ['durationMs', durationMs, '2h', 7_200_000],
    ['durationMs', durationMs, '30d', 2_592_000_000],
    ['durationMsBetween', durationMsBetween(100, 60_000), '1m', 60_000],
    ['oneOf', oneOf('info', 'warn'), 'warn', 'warn'],
    ['boolean', boolean, 'true', true],
    ['boolean', boolean, 'false', false],
    ['date', date, '2024-02-29', '2024-02-29'],
    ['json', array, '[1,"a"]', [1, 'a']],
    ['secret', secret, 'pw', new Secret('pw')],
  ])('%s: %o', (_name, parse, given, expected) => expect(parse(given)).toEqual(expected));
});

describe('refuses', () => {
  test.each<[string, Parser<unknown>, string, string]>([
    ['textLike', textLike(/^[a-z-]+$/, 'small letters'), 'A', 'is not small letters'],
    ['integer', integer(), '1.0', 'is not a whole number'],
    ['integer', integer(), '1e3', 'is not a whole number'],
    ['integer', integer(), '9007199254740993', 'is not a whole number'],
    ['integer', integer(), '', 'is not a whole number'],
    ['integer', integer(1, 5), '6', 'is not between 1 and 5'],
    ['integer', integer(1), '0', 'is not at least 1'],
    ['port', port, '65536', 'is not between 0 and 65535'],
    ['url', url, 'localhost:8086', 'is not a URL that begins with http:// or https://'],
    ['url', url, '/path', 'is not a URL'],
    ['url', url, 'file:///etc/passwd', 'is not a URL that begins with http:// or https://'],
    ['urlWith', urlWith('postgres'), 'postgres:', 'is not a URL that begins with postgres://'],
    ['urlList', urlList, 'http://a,ftp://b', 'has a bad item (number 2) that is not a URL'],
    ['hostPort', hostPort, 'kafka', 'is not a host and a port'],
    ['hostPort', hostPort, 'kafka:0', 'is not a host and a port'],
    ['hostPort', hostPort, 'http://kafka:9092', 'is not a host and a port'],
    ['list', list, 'a,,b', 'has an empty item (number 2)'],
    ['list', list, 'a,', 'has an empty item (number 2)'],
    ['durationMs', durationMs, '10 s', 'is not a length of time'],
    ['durationMs', durationMs, '1.5s', 'is not a length of time'],
    ['durationMs', durationMs, '-1', 'is not a length of time'],
    ['durationMs', durationMs, '9999d', 'is not between 0 and'],
    ['durationMsBetween', durationMsBetween(100, 60_000), '61s', 'is not between 100 and 60000 ms'],
    ['oneOf', oneOf('info', 'warn'), 'Warn', 'is none of info, warn'],
    ['boolean', boolean, 'yes', 'is neither true nor false'],
    ['boolean', boolean, '1', 'is neither true nor false'],
    ['date', date, '2023-02-29', 'is not a date that exists'],
    ['date', date, '2023-1-1', 'is not a date that exists'],
    ['json', array, '[1', 'is not JSON'],
    ['json', array, '{}', 'is refused: has to be an array'],
    ['secretOf', secretOf(integer(1, 5)), 'x', 'is not a whole number'],
  ])('%s: %o', (_name, parse, given, message) => {
    expect(() => parse(given)).toThrow(SettingFault);
    expect(() => parse(given)).toThrow(message);
  });
});
