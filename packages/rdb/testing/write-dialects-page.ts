// Writes the page about dialects: npm run docs:dialects
import { writeFileSync } from 'node:fs';
import { DIALECTS_PAGE, dialectsPage } from './dialects-page.ts';

writeFileSync(DIALECTS_PAGE, dialectsPage());
