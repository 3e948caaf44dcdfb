import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tableDataset } from './table-dataset.js';
import { image, LEFT, left, NOTHING, open, tree } from './tree.test.fixture.js';

const pictures = {
  'a.png': image(1),
  'b.png': image(2),
  'c.png': image(3),
  'd.png': image(4),
  'masks/d.png': left,
};
const csv = `image,label,mask,split,category,group
a.png,good,,train,lid,1
b.png,0,,val,lid,1
c.png,ok,,test,lid,2
d.png,anomaly,masks/d.png,test,lid,3
`;
const expected = [
  'train a.png 1',
  'validation b.png 2',
  `test c.png 3 good ${NOTHING}`,
  `test d.png 4 anomaly ${LEFT}`,
];

async function openTable(text: string, options: Readonly<Record<string, unknown>> = {}, name = 'parts.csv') {
  const root = await tree({ ...pictures, [name]: text });
  return open(tableDataset, { file: join(root, name), ...options });
}

describe('a table', () => {
  it('says of each image what it is', async () => {
    const { lines, dataset, messages } = await openTable(csv, { category: 'lid' });
    expect(lines).toEqual(expected);
    expect(messages).toEqual([]);
    expect(dataset).toMatchObject({ name: 'parts', category: 'lid' });
    expect(dataset.train[0]).toEqual({ id: 'a.png', label: 0, defect: 'good', group: '1' });
  });

  it('is read from tabs and JSON Lines as from commas', async () => {
    const [header = '', ...rows] = csv.trim().split('\n');
    const names = header.split(',');
    const objects = rows.map((row) =>
      JSON.stringify(Object.fromEntries(row.split(',').map((value, index) => [names[index], value || null]))),
    );
    const category = 'lid';
    expect((await openTable(csv.replaceAll(',', '\t'), { category }, 'parts.tsv')).lines).toEqual(expected);
    expect((await openTable(objects.join('\n\n'), { category }, 'parts.jsonl')).lines).toEqual(expected);
  });

  it('has images without a label, to be scored', async () => {
    const { lines } = await openTable(csv.replace('c.png,ok', 'c.png,'), { category: 'lid' });
    expect(lines).toEqual([expected[0], expected[1], expected[3], 'unlabelled c.png 3']);
    await expect(openTable(csv.replace('a.png,good', 'a.png,'), { category: 'lid' })).rejects.toThrow(
      /a\.png is to be learnt from, but line 2 of .* does not say that it is nominal/,
    );
  });

  it('may call columns otherwise, and labels by the kind of defect', async () => {
    const text = 'path;what;part\na.png;fine;train\nb.png;scratch;train\nd.png;dent;test\n'.replaceAll(
      ';',
      ',',
    );
    const options = { columns: { image: 'path', label: 'what', split: 'part' }, nominal: ['fine'] };
    const { lines, messages } = await openTable(text, options);
    expect(lines).toEqual(['train a.png 1', 'test d.png 4 dent none']);
    expect(messages).toEqual([
      'Defective images among the training images, which are nominal ones alone, are left out: 1 of 2, the first is b.png.',
    ]);
    await expect(openTable(text, { ...options, nominal: null })).rejects.toThrow(
      /label "fine" in line 2 of .*dataset\.nominal=\["good"\]/,
    );
  });

  it('says which masks are not read, and leaves out and counts what is missing on demand', async () => {
    const text = 'image,label,mask,split\na.png,good,masks/d.png,train\nb.png,good,,train\nx.png,bad,,test\n';
    const { lines, messages, dataset } = await openTable(text, { skipBadImages: true });
    expect(lines).toEqual(['train a.png 1', 'train b.png 2']);
    expect(dataset.skipped).toBe(1);
    expect(messages).toEqual([
      'Masks of nominal images are not read: 1, the first is that of a.png.',
      expect.stringMatching(/^Left out: .*x\.png cannot be read/),
    ]);
  });

  it('has the categories of its column', async () => {
    const root = await tree({
      ...pictures,
      'parts.csv': csv.replace('d.png,anomaly,masks/d.png,test,lid', 'd.png,0,,train,box'),
    });
    const file = join(root, 'parts.csv');
    expect(await tableDataset.categories?.({ file, columns: {} })).toEqual(['lid', 'box']);
    await expect(open(tableDataset, { file, category: 'bx' })).rejects.toThrow(
      /no category "bx" in .*parts\.csv; there are lid, box\. Did you mean "box"/,
    );
    await expect(open(tableDataset, { file })).rejects.toThrow(/choose with --category: lid, box/);
  });

  it.each([
    ['image,split\n', /has no column label, which says which images are nominal; there are image, split/],
    [
      'image,label,split\na.png,good\n',
      /Line 2 of .*cannot be read: it has 2 values, and there are 3 columns/,
    ],
    ['image,label,split\na.png,good,train\n"b.png,good,train\n', /Line 3 of .*cannot be read: Quote/],
    ['image,label,split\na.png,good,dev\n', /split "dev" in line 2 of .*should be train, validation or test/],
    ['image,label,split\n,good,train\n', /Found no path of an image in line 2/],
    [
      'image,label,split\nx.png,good,train\ny.png,ok,test\n',
      /no image .*x\.png, which line 2 of .* lists; missing are also .*y\.png/,
    ],
    [
      'image,label,split,mask\na.png,good,train,\nd.png,bad,test,m.png\n',
      /no mask of d\.png .*m\.png, which line 3/,
    ],
    [
      'image,label,split\na.png,good,train\na.png,bad,test\n',
      /a\.png is listed twice, by line 2 of .* and by line 3/,
    ],
    ['image,label,split\na.png,bad,train\n', /lists no nominal image to train on/],
    ['', /The table .* is empty/],
  ])('names what is wrong: %j', async (text, message) => {
    await expect(openTable(text)).rejects.toThrow(message);
  });

  it('is said to be none by its ending, and to be missing', async () => {
    await expect(openTable(csv, {}, 'parts.xlsx')).rejects.toThrow(
      /is no table: its name should end in \.csv/,
    );
    await expect(open(tableDataset, { file: '/nowhere/parts.csv' })).rejects.toThrow(/does not exist/);
    await expect(openTable('{"image": "a.png"\n', {}, 'parts.jsonl')).rejects.toThrow(
      /Line 1 of .*cannot be read/,
    );
  });
});
