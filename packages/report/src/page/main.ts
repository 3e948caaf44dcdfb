/** What runs when a report is opened. */
import type { ReportDocument } from '../report-document.js';
import { comparisonPage } from './comparison-page.js';
import { reportPage } from './report-page.js';

const report = JSON.parse(document.getElementById('report-document')?.textContent ?? '') as ReportDocument;
const page = report.runs.length === 1 ? reportPage : comparisonPage;
document.getElementById('report')?.append(...page(report));
