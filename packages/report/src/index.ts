/** Reports of adfw's runs: one HTML file that opens offline, of one run or comparing several. */

export { checkDataPage, type WrittenDataPage, writeDataPage } from './data/write-data-page.js';
export { type RunPictures, runPictures } from './gather/run-pictures.js';
export { type ReportOptions, type WrittenReport, writeReport } from './write-report.js';
