/**
 * The page as a whole: which sections there are, and how one leads to another.
 *
 * @module
 */
import { Fragment, type JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ReportData } from '../report-data.ts';
import { AboutSection, CodeSection, GroupSection, SlotSection } from './around.tsx';
import { count } from './format.ts';
import { ExpirySection, SizeSection, UseSection } from './histograms.tsx';
import { ElementSection, KeySection } from './keys.tsx';
import { AdviceSection, Figures, Masthead } from './overview.tsx';
import { prefixAt, prefixTree } from './prefix.ts';
import { PrefixSection } from './prefixes.tsx';
import { DatabaseSection, TypeSection } from './types.tsx';

const NOTHING = ['', 0, 0, 0, 0, []] as const;

export function App({ data }: { readonly data: ReportData }): JSX.Element {
  const root = useMemo(() => prefixTree(data.prefixes ?? NOTHING), [data]);
  const [prefix, setPrefix] = useState(root);
  const [query, setQuery] = useState('');
  const [type, setType] = useState('');
  const listed = useMemo(() => new Set(data.keys.map(({ key }) => key)), [data]);

  const showKey = (key: string): void => {
    setType('');
    setQuery(key);
    goTo('keys');
  };
  const showPrefix = (path: readonly number[]): void => {
    setPrefix(prefixAt(root, path));
    goTo('prefixes');
  };
  const sections: readonly (readonly [id: string, title: string, isThere: boolean, element: () => JSX.Element])[] = [
    [
      'advice',
      `Worth a look ${count(data.advice.length + data.warnings.length)}`,
      true,
      () => (
        <AdviceSection
          advice={data.advice}
          warnings={data.warnings}
          canShowKey={(key) => listed.has(key)}
          onKey={showKey}
          onPrefix={showPrefix}
        />
      ),
    ],
    ['prefixes', 'Prefixes', data.total.keys > 0, () => <PrefixSection data={data} of={prefix} onMove={setPrefix} />],
    ['types', 'Types', data.total.keys > 0, () => <TypeSection data={data} />],
    ['databases', 'Databases', data.databases.length > 1, () => <DatabaseSection data={data} />],
    ['expiry', 'Expiry', data.total.keys > 0, () => <ExpirySection data={data} />],
    ['use', 'Use', data.idle !== null || data.frequency !== null, () => <UseSection data={data} />],
    ['sizes', 'Sizes', data.total.keys > 0, () => <SizeSection data={data} />],
    [
      'keys',
      'Largest keys',
      data.keys.length > 0,
      () => <KeySection data={data} query={query} onQuery={setQuery} type={type} onType={setType} />,
    ],
    ['elements', 'Elements', data.elements.length > 0, () => <ElementSection data={data} />],
    ['groups', 'Groups', data.streams.groups > 0, () => <GroupSection data={data} />],
    [
      'slots',
      'Slots',
      data.slots !== null,
      () => (data.slots === null ? <></> : <SlotSection data={data} of={data.slots} />),
    ],
    ['code', 'Code', data.functions.length + data.modules.length > 0, () => <CodeSection data={data} />],
    ['about', 'These figures', true, () => <AboutSection data={data} />],
  ];
  const present = sections.filter(([, , isThere]) => isThere);
  return (
    <>
      <nav class="contents" aria-label="Sections">
        <a href="#page" class="home" aria-label="rdbkit report: to the top">
          rdbkit
        </a>
        {present.map(([id, title]) => (
          <a key={id} href={`#${id}`}>
            {title}
          </a>
        ))}
      </nav>
      <main>
        <Masthead data={data} />
        <Figures data={data} />
        {present.map(([id, , , element]) => (
          <Fragment key={id}>{element()}</Fragment>
        ))}
      </main>
    </>
  );
}

function goTo(id: string): void {
  document.getElementById(id)?.scrollIntoView({ block: 'start' });
}
