/** What runs when the page of a data set is opened. */
import type { DataDocument } from '../../data/data-document.js';
import { dataPage } from './data-page.js';

const shown = JSON.parse(document.getElementById('report-document')?.textContent ?? '') as DataDocument;
document.getElementById('report')?.append(...dataPage(shown));
