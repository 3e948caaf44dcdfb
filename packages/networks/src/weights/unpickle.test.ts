import { DataError } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { op, pickle } from '../../fixtures/pytorch-writer.js';
import { type PickleRules, unpickle } from './unpickle.js';

const rules: PickleRules = { globals: new Map([['collections.OrderedDict', () => new Map()]]) };
const read = (bytes: Uint8Array, with_ = rules) => unpickle(bytes, with_, 'weights.pth').value;

// pickle.dumps({...}, 2) in Python 3; what it holds is in the test below.
const fromPython = Buffer.from(
  'gAJ9cQAoWAcAAABudW1iZXJzcQFdcQIoSwFK/v///00sAUpwEQEASpDu/v+KBgAAAAAAAYoGAAAAAAD/igkAAAAAAAAAAECKCQAAAAAAAAAAwEc/4AAAAAAAAEv/SwBlWAUAAABwbGFpbnEDXXEEKE6IiVgCAAAAw7xxBVgAAAAAcQZlWAYAAAB0dXBsZXNxBygpSwGFcQhLAUsChnEJSwFLAksDh3EKKEsBSwJLA0sEdHELdHEMWAYAAABzaGFyZWRxDV1xDihdcQ8oSwFLAmVoD2VYAwAAAG9uZXEQXXERSwdhWAcAAABvcmRlcmVkcRJjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcRMpUnEUKFgBAAAAYnEVSwFYAQAAAGFxFksCdVgFAAAAZW1wdHlxF11xGCh9cRldcRplWAcAAABvbmVpdGVtcRt9cRxYAQAAAGtxHUsBc3Uu',
  'base64',
);

describe('unpickle', () => {
  it('reads plain data as Python wrote them', () => {
    expect(read(fromPython)).toEqual(
      new Map<string, unknown>([
        ['numbers', [1, -2, 300, 70000, -70000, 2 ** 40, -(2 ** 40), 2n ** 70n, -(2n ** 70n), 0.5, 255, 0]],
        ['plain', [null, true, false, 'ü', '']],
        ['tuples', [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]],
        [
          'shared',
          [
            [1, 2],
            [1, 2],
          ],
        ],
        ['one', [7]],
        [
          'ordered',
          new Map([
            ['b', 1],
            ['a', 2],
          ]),
        ],
        ['empty', [new Map(), []]],
        ['oneitem', new Map([['k', 1]])],
      ]),
    );
  });

  it('says where it ends, so that another can follow', () => {
    const twice = Buffer.concat([pickle(op.int(5)), pickle(op.none)]);
    const first = unpickle(twice, rules, 'weights.pth');
    expect(first.value).toBe(5);
    expect(read(twice.subarray(first.end))).toBeNull();
  });

  it.each([
    ['posix', 'system'],
    ['os', 'system'],
    ['builtins', 'eval'],
    ['torch', 'load'],
    ['collections', 'OrderedDict.__init__'],
    ['constructor', 'constructor'],
  ])('refuses %s.%s by name, and runs nothing', (module, name) => {
    const call = pickle(op.global(module, name), op.tuple(op.string('touch pwned')), op.reduce);
    expect(() => read(call)).toThrow(DataError);
    expect(() => read(call)).toThrow(`it asks for the Python object "${module}.${name}"`);
    expect(() => read(call)).toThrow('nothing was run');
  });

  it.each([
    [
      'a value that is called',
      pickle(op.string('eval'), op.tuple(), op.reduce),
      'calls something that is not',
    ],
    ['attributes of a list', pickle(Buffer.from('])b')), 'sets attributes of something'],
    ['a reference outside', pickle(op.string('x'), op.persistentId), 'refers to data outside'],
    ['a value that was never stored', pickle(Buffer.from('h\x05')), 'refers to value 5'],
    ['an item of a number', pickle(Buffer.from('K\x01K\x01K\x01s')), 'sets an item of something'],
    ['half an item', pickle(Buffer.from('}(K\x01u')), 'a key of a dictionary lacks its value'],
    ['an item of a tuple', pickle(Buffer.from('K\x01K\x01a')), 'appends to something that is not a list'],
    ['a tuple without a mark', pickle(Buffer.from('t')), 'do not fit together'],
    ['an empty stack', pickle(), 'do not fit together'],
    ['a string that is not UTF-8', pickle(Buffer.from([0x58, 1, 0, 0, 0, 0xff])), 'a string is not UTF-8'],
    ['a name without end', Buffer.from('\x80\x02cos', 'latin1'), 'ends in the middle of a name'],
    ['protocol 4', Buffer.from([0x80, 4, 0x4e, 0x2e]), 'protocol 4, and only protocol 2'],
    ['an instruction that makes instances', pickle(Buffer.from('(ios\nsystem\n')), 'the operation 0x69'],
    ['an extension registry', pickle(Buffer.from([0x82, 1])), 'the operation 0x82'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(DataError);
    expect(() => read(bytes)).toThrow(message);
    expect(() => read(bytes)).toThrow(/^weights\.pth cannot be read: .* \(byte \d+ of its pickle\)\.$/);
  });

  it('answers every truncation and every changed byte with a value or a DataError', () => {
    const tried = [];
    for (let at = 0; at < fromPython.length; at++) {
      tried.push(fromPython.subarray(0, at));
      for (const byte of [0, 0x28, 0x52, 0x62, 0x74, 0x75, 0xff]) {
        const changed = Buffer.from(fromPython);
        changed[at] = byte;
        tried.push(changed);
      }
    }
    let refused = 0;
    for (const bytes of tried) {
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(fromPython.length);
  });

  it('takes a million marks without running out of stack', () => {
    expect(() => read(pickle(Buffer.alloc(1_000_000, op.mark)))).toThrow(DataError);
  });
});
