import { describe, expect, it } from 'vitest';
import type { ReportDocument } from './report-document.js';
import { reportHtml } from './report-html.js';

describe('the HTML of a report', () => {
  const evil = '</script><img src=x onerror=alert(1)><!--';
  const html = reportHtml(
    evil,
    { runs: [], images: [], notes: [evil] } as ReportDocument,
    new Map([[3, { size: { width: 1, height: 1 }, image: evil, mask: null, maps: [], scored: [] }]]),
    { script: 'const text = "</script><!--";', style: 'body { color: red }' },
  );

  it('lets no name, text or code end an element or begin one', () => {
    expect(html).not.toContain('<img');
    expect(html.match(/<\/script>/g)).toHaveLength(3);
    expect(html).toContain('<title>&#60;/script&#62;');
  });

  it('gives data back as they were', () => {
    const json = /id="picture-3">(.*)<\/script>/.exec(html)?.[1] ?? '';
    expect(JSON.parse(json).image).toBe(evil);
  });

  it('asks for nothing: the policy allows its own script alone', () => {
    expect(html).toMatch(/default-src 'none'; script-src 'sha256-[\w+/=]+';/);
    expect(html).not.toMatch(/(?:src|href)="(?!data:)/);
  });
});
