/**
 * Small things that every section is made of.
 *
 * @module
 */
import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';

/** A name out of the dump. It is text and never markup, and cannot turn the direction of what stands around it. */
export function Name({ text }: { readonly text: string }): JSX.Element {
  return (
    <bdi dir="ltr" class="name">
      {text}
    </bdi>
  );
}

/** A type with its colour. */
export function TypeName({
  type,
  children,
}: {
  readonly type: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <span class={`type of-${type}`}>
      <i aria-hidden="true" />
      {type}
      {children}
    </span>
  );
}

/** A part of something, as a bar behind or beside its figure. */
export function Meter({
  part,
  whole,
  type,
}: {
  readonly part: number;
  readonly whole: number;
  readonly type?: string;
}): JSX.Element {
  const percent = whole <= 0 ? 0 : Math.min(100, (part / whole) * 100);
  return (
    <span class={`meter${type === undefined ? '' : ` of-${type}`}`} aria-hidden="true">
      <i style={{ width: `${percent}%` }} class={percent > 0 ? 'some' : ''} />
    </span>
  );
}

interface SectionProps {
  readonly id: string;
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A section with its title and what there is to say about it at the side. */
export function Section({ id, title, note, children }: SectionProps): JSX.Element {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <div class="side">
        <h2 id={`${id}-title`}>{title}</h2>
        {note !== undefined && <div class="note">{note}</div>}
      </div>
      <div class="main">{children}</div>
    </section>
  );
}

interface SwitchProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, title: string])[];
  readonly onChange: (value: T) => void;
}

/** One out of a few. */
export function Switch<T extends string>({ label, value, options, onChange }: SwitchProps<T>): JSX.Element {
  const name = useId();
  return (
    <fieldset class="switch">
      <legend class="unseen">{label}</legend>
      {options.map(([option, title]) => (
        <label key={option}>
          <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChange(option)} />
          <span>{title}</span>
        </label>
      ))}
    </fieldset>
  );
}
