/** Answers Prometheus while a restore is under way. */
import { createServer, type Server } from 'node:http';
import { CliError, systemMessage } from '../app/cli-error.ts';
import { EXIT } from '../app/exit-code.ts';

export class MetricsServer {
  private readonly server: Server;

  /** @param text - The metrics as they are now. */
  constructor(text: () => string) {
    this.server = createServer((request, response) => {
      const isKnown = request.method === 'GET' && request.url?.split('?')[0] === '/metrics';
      response.writeHead(isKnown ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(isKnown ? text() : 'the metrics are at /metrics\n');
    });
  }

  /** Returns where it listens: port 0 makes the system choose one. */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (error) => {
        const message = `cannot listen on ${host}:${port} for --metrics-port: ${systemMessage(error)}`;
        reject(new CliError(EXIT.FAILED, message, { cause: error }));
      });
      this.server.listen(port, host, resolve);
    });
    this.server.unref();
    const address = this.server.address();
    return `http://${host}:${address !== null && typeof address === 'object' ? address.port : port}/metrics`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
