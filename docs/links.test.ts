import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import GithubSlugger from 'github-slugger';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

const prose = (text: string) => text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');

/** The anchors of a page's headings, as GitHub and the site make them. */
async function anchors(path: string): Promise<Set<string>> {
  const slugger = new GithubSlugger();
  const headings = (await readFile(path, 'utf8')).replace(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm);
  return new Set([...headings].map(([, heading = '']) => slugger.slug(heading.replaceAll('`', ''))));
}

const markdownIn = (folder: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name));
const pages = ['.', 'docs', ...packages].flatMap(markdownIn);

it.each(pages)('the links of %s lead somewhere', async (page) => {
  const dead: string[] = [];
  for (const [, target = ''] of prose(await readFile(join(root, page), 'utf8')).matchAll(
    /\]\(([^)\s]+)\)/g,
  )) {
    if (/^\w+:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? join(root, page) : join(root, dirname(page), path);
    const isThere = existsSync(file) && !relative(root, file).startsWith('..');
    if (!isThere || (anchor !== undefined && !(await anchors(file)).has(anchor))) dead.push(target);
  }
  expect(dead).toEqual([]);
});
