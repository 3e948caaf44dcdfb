// Every row of the benchmark: rows/*.mjs.
import { readdir } from 'node:fs/promises';

const folder = new URL('rows/', import.meta.url);

export async function allRows() {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.mjs')).sort();
  const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href)));
  return modules.flatMap(({ rows }) => rows);
}
