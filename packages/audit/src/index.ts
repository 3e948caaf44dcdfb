/** What is in a data set, and what is wrong with it, before anything is trained. */
export { type Audit, type AuditEvent, type AuditRequest, auditDataset } from './audit.js';
export type {
  AuditContents,
  AuditLayout,
  AuditReport,
  AuditSplit,
  CategorySummary,
  Counts,
  DuplicateFindings,
  DuplicatePair,
  FileSummary,
  KindCount,
  MaskedImage,
  MaskFindings,
  SuspiciousImages,
  Unreadable,
} from './audit-report.js';
export {
  type NearDuplicate,
  type NearDuplicateOptions,
  nearDuplicates,
} from './duplicates/near-duplicates.js';
export { bitCount, type Hash, perceptualHash } from './duplicates/perceptual-hash.js';
export { thumbnailOf } from './duplicates/thumbnail.js';
export { type EstimateRequest, estimateRun, type RunEstimate, type StageEstimate } from './estimate.js';
export { auditReportSchema } from './report-schema.js';
export { countsOf } from './summaries.js';
export { type Findings, verdict } from './verdict.js';
