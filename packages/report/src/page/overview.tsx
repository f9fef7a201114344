/**
 * What stands at the top: the file, the main figures, and what is worth a look.
 *
 * @module
 */
import type { ComponentChildren, JSX } from 'preact';
import type { DataAdvice, ReportData } from '../report-data.ts';
import { count, countOf, moment, share, size } from './format.ts';
import { Name, Section, TypeName } from './parts.tsx';

export function Masthead({ data }: { readonly data: ReportData }): JSX.Element {
  const { file } = data;
  const facts = [
    file.writer,
    file.format,
    size(file.bytes),
    file.createdAtMs === null ? null : `made ${moment(file.createdAtMs)}`,
    file.checksum,
  ].filter((fact) => fact !== null);
  return (
    <header class="masthead">
      <h1>
        <Name text={data.title} />
      </h1>
      <ul class="facts">
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      {data.damage !== null && (
        <p class="banner is-bad" role="alert">
          <strong>This dump is damaged.</strong> The report tells what could be read of it: {data.damage}
        </p>
      )}
      {data.isPart && <p class="banner">Reading stopped at the limit that was set: this is a part of the dump.</p>}
      {data.notes.map((line) => (
        <p key={line} class="banner">
          {line}
        </p>
      ))}
    </header>
  );
}

/** The figures that one looks for first, and what takes the memory. */
export function Figures({ data }: { readonly data: ReportData }): JSX.Element {
  const { total, file, model, databases, otherDatabases, tables } = data;
  const memory = total.memory + tables;
  const [largest] = data.keys;
  const isEstimate = model !== null && model.isKnown;
  const isWhole = data.damage === null && !data.isPart && data.notes.length === 0;
  return (
    <div class="overview" id="overview">
      <dl class="figures">
        <Figure title="Keys" value={count(total.keys)}>
          {databases.length === 1
            ? `all in database ${databases[0]?.db}`
            : `in ${otherDatabases === null ? '' : 'more than '}${countOf(databases.length, 'database')}`}
        </Figure>
        <Figure title={isEstimate ? 'In memory' : 'Size of the data'} value={size(memory)}>
          {isEstimate ? `estimated for ${model.name}` : 'no memory model for this server'}
        </Figure>
        {file.usedMemory !== null && (
          <Figure title="Server used" value={size(file.usedMemory)}>
            {isWhole && model?.isOwn === true && isEstimate && file.usedMemory >= LEAST_COMPARED
              ? `when it saved; the estimate is ${Math.round((memory / file.usedMemory) * 100)} %`
              : 'when it saved'}
          </Figure>
        )}
        <Figure title="In the dump" value={size(total.bytes)}>
          {total.keys === 0 ? 'nothing' : `${size(total.bytes / total.keys)} a key`}
        </Figure>
        <Figure title="Keys that expire" value={share(total.expires, total.keys)}>
          {count(total.expires)} of them
        </Figure>
        {largest !== undefined && (
          <Figure title="Largest key" value={size(largest.memory)}>
            <Name text={largest.key} />
          </Figure>
        )}
      </dl>
      {total.memory > 0 && <TypeBar data={data} />}
    </div>
  );
}

/** Below this, what a server needs for itself hides what its keys need. */
const LEAST_COMPARED = 16 * 1024 * 1024;

interface FigureProps {
  readonly title: string;
  readonly value: string;
  readonly children: ComponentChildren;
}

function Figure({ title, value, children }: FigureProps): JSX.Element {
  const [number = '', ...unit] = value.split(' ');
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        <span class="value">
          {number}
          {unit.length > 0 && <small> {unit.join(' ')}</small>}
        </span>
        <span class="remark">{children}</span>
      </dd>
    </div>
  );
}

function TypeBar({ data: { types, total } }: { readonly data: ReportData }): JSX.Element {
  return (
    <figure class="type-bar">
      <div class="bar" aria-hidden="true">
        {types.map(({ type, memory }) => (
          <i key={type} class={`of-${type}`} style={{ flexGrow: memory / total.memory }} />
        ))}
      </div>
      <figcaption>
        <span class="unseen">Memory by type:</span>
        {types.map(({ type, memory }) => (
          <TypeName key={type} type={type}>
            <b>{share(memory, total.memory)}</b>
          </TypeName>
        ))}
      </figcaption>
    </figure>
  );
}

interface AdviceProps {
  readonly advice: readonly DataAdvice[];
  readonly warnings: ReportData['warnings'];
  readonly canShowKey: (key: string) => boolean;
  readonly onKey: (key: string) => void;
  readonly onPrefix: (path: readonly number[]) => void;
}

export function AdviceSection({ advice, warnings, canShowKey, onKey, onPrefix }: AdviceProps): JSX.Element {
  const subject = ({ key, prefix, path }: DataAdvice): ComponentChildren => {
    if (prefix !== null) {
      if (path === null) return <Name text={prefix} />;
      return (
        <button type="button" class="link" onClick={() => onPrefix(path)}>
          <Name text={prefix} />
        </button>
      );
    }
    if (key === null) return null;
    if (!canShowKey(key)) return <Name text={key} />;
    return (
      <button type="button" class="link" onClick={() => onKey(key)}>
        <Name text={key} />
      </button>
    );
  };
  return (
    <Section id="advice" title="Worth a look" note={<p>Names lead to the key or the prefix below.</p>}>
      {advice.length + warnings.length === 0 && <p class="nothing">Nothing stands out.</p>}
      <ul class="advice">
        {advice.map((one, i) => (
          <li key={i}>
            <h3>{one.title}</h3>
            <p class="subject">
              {subject(one)}
              {one.memory !== null && <span>{size(one.memory)}</span>}
            </p>
            <p>{one.text}</p>
          </li>
        ))}
        {warnings.map(({ code, message, count: times }) => (
          <li key={code}>
            <h3>{message}</h3>
            <p>
              The reader noticed this{times > 1 ? ` ${count(times)} times` : ''}: <code>{code}</code>
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}
