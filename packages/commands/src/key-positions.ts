/** Which of a command's arguments are keys. One object is filled again and again. */
export class KeyPositions {
  /** Number of keys. */
  count = 0;
  /** Which of the keys is the only one that changes, while the others are just read; −1: any may change. */
  target = -1;
  private positions = new Int32Array(16);

  /** The argument that is key `i`; 0 is the command's name. */
  at(i: number): number {
    return this.positions[i] as number;
  }

  /** Forgets all. */
  clear(): void {
    this.count = 0;
    this.target = -1;
  }

  /** Adds an argument. */
  add(position: number): void {
    if (this.count === this.positions.length) {
      const more = new Int32Array(this.count * 2);
      more.set(this.positions);
      this.positions = more;
    }
    this.positions[this.count++] = position;
  }

  /** Adds an argument that is the only key that changes. */
  addTarget(position: number): void {
    this.target = this.count;
    this.add(position);
  }
}
