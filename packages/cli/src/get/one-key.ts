import { type KeyHeader, KeySelection, type KeySelectionSpec } from '@rdbkit/rdb';

/** Selects the first key of a name. */
export class OneKey extends KeySelection {
  /** Where it is; `null` until it has been met. */
  found: { readonly db: number } | null = null;
  /** A key of that name that was not taken, because it has expired; its time. */
  expiredAtMs: number | bigint | null = null;
  /** Databases that have a key of that name which was not taken for another reason. */
  readonly refusedDbs: number[] = [];
  private readonly name: Uint8Array;

  constructor(name: Uint8Array, spec: KeySelectionSpec) {
    super(spec);
    this.name = name;
  }

  override accept(header: KeyHeader): boolean {
    if (this.found !== null || !this.isName(header)) return false;
    const { db, expireAtMs } = header;
    const expiredBefore = this.skipped.expired;
    if (!super.accept(header)) {
      if (this.skipped.expired > expiredBefore) this.expiredAtMs = expireAtMs;
      else this.refusedDbs.push(db);
      return false;
    }
    this.found = { db };
    return true;
  }

  override acceptSize(bytes: number): boolean {
    const isAccepted = super.acceptSize(bytes);
    if (!isAccepted) {
      if (this.found !== null) this.refusedDbs.push(this.found.db);
      this.found = null;
    }
    return isAccepted;
  }

  private isName({ bytes, start, end }: KeyHeader): boolean {
    const { name } = this;
    if (end - start !== name.length) return false;
    for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
    return true;
  }
}
