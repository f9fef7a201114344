/**
 * Ending work on Ctrl-C: cleanly the first time, at once the second.
 *
 * @module
 */
import { SIGNAL_EXIT, type StopSignal } from './exit-code.ts';
import type { Host } from './host.ts';

/** What has to be done when the user wants to stop. */
export interface StopHandlers {
  /** Makes whatever is being waited for end soon. */
  onStop(): void;
  /** The process is about to end, now: only what is quick, and must not be left behind. */
  onAbandon(): void;
}

/** A reader of our output who does not read for so long does not keep us any longer. */
const GRACE_MS = 1000;

/** Whether somebody wants the work to stop. */
export class StopRequest {
  /** The signal that asked for it. */
  signal: StopSignal | null = null;
  private readonly host: Host;
  private readonly handlers: StopHandlers;
  private readonly unlisten: () => void;
  private timer: NodeJS.Timeout | null = null;

  constructor(host: Host, handlers: StopHandlers) {
    this.host = host;
    this.handlers = handlers;
    this.unlisten = host.onSignal((signal) => this.receive(signal));
  }

  /** Stops listening. */
  dispose(): void {
    this.unlisten();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private receive(signal: StopSignal): void {
    if (this.signal !== null) {
      this.abandon(signal);
      return;
    }
    this.signal = signal;
    this.timer = setTimeout(() => this.abandon(signal), GRACE_MS);
    this.handlers.onStop();
  }

  private abandon(signal: StopSignal): void {
    this.handlers.onAbandon();
    this.host.exit(SIGNAL_EXIT[signal]);
  }
}
