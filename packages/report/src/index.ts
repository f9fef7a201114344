export { type ReportData, type ReportInput, reportData } from './report-data.ts';
export { reportHtml } from './report-html.ts';
